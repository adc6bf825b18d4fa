# Computes published-arms.json with SciPy from the published memory_measurements.csv (README.md), given as argument.
import csv, json, sys
from collections import defaultdict
from datetime import datetime, timezone
import numpy as np
import scipy
from scipy import stats

FROM, TO = "2026-01-05T21:00:00", "2026-01-10T06:00:01"
ms = lambda text: int(datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp() * 1000)

samples = defaultdict(list)
for row in csv.DictReader(open(sys.argv[1])):
    if row["type"] == "relay" and row["group"] and FROM <= row["timestamp"] <= TO:
        samples[row["group"], row["nickname"]].append((ms(row["timestamp"]), int(row["rss_kb"]) * 1024))
# A nickname twice in a snapshot is two relays under one name: neither can be told.
relays = {key: sorted(rows) for key, rows in samples.items() if len({at for at, _ in rows}) == len(rows)}

def interval(x, alpha=0.05):
    low, high = stats.t.interval(1 - alpha, len(x) - 1, np.mean(x), stats.sem(x))
    return {"mean": np.mean(x), "low": low, "high": high}

def welch(estimate, va, na, vb, nb):
    se = np.sqrt(va + vb)
    df = (va + vb) ** 2 / (va ** 2 / (na - 1) + vb ** 2 / (nb - 1))
    half = stats.t.ppf(0.975, df) * se
    return estimate - half, estimate + half

figures = defaultdict(list)
series = []
for (group, nickname), rows in sorted(relays.items()):
    at, value = np.array([r[0] for r in rows], float), np.array([r[1] for r in rows], float)
    mean = np.trapz(value, at) / (at[-1] - at[0])
    slope = stats.theilslopes(value, at).slope * 86400000
    figures[group].append((mean, slope))
    series.append({"arm": group, "nickname": nickname, "atMs": [r[0] for r in rows], "rssBytes": [r[1] for r in rows],
                   "mean": mean, "slopeBytesPerDay": slope})

arms = {}
control = np.array([m for m, _ in figures["Z"]])
for group in sorted(figures):
    means, slopes = map(np.array, zip(*figures[group]))
    arms[group] = {"relays": len(means), "rssBytes": interval(means), "slopeBytesPerDay": interval(slopes),
                   "skewness": stats.skew(means, bias=False)}
    if group == "Z":
        continue
    va, vb = stats.sem(means) ** 2, stats.sem(control) ** 2
    low, high = welch(means.mean() - control.mean(), va, len(means), vb, len(control))
    ratio = means.mean() / control.mean()
    logs = welch(np.log(ratio), va / means.mean() ** 2, len(means), vb / control.mean() ** 2, len(control))
    arms[group] |= {"difference": {"mean": means.mean() - control.mean(), "low": low, "high": high},
                    "ratio": {"mean": ratio, "low": np.exp(logs[0]), "high": np.exp(logs[1])},
                    "welchP": stats.ttest_ind(means, control, equal_var=False).pvalue}

print(json.dumps({"scipy": scipy.__version__, "fromMs": ms(FROM), "toMs": ms(TO), "arms": arms, "relays": series}))
