# Computes published-report.json from the published CSV files by the method that docs/explanation/analysis-that-holds.md
# states; written from that page, not from our code. Rscript published-report.R FOLDER > published-report.json
suppressPackageStartupMessages(library(jsonlite))
set.seed(20260110)
folder <- commandArgs(trailingOnly = TRUE)[1]
ms <- function(t) round(as.numeric(as.POSIXct(sub("T", " ", t), tz = "UTC")) * 1000)
day <- 86400000
memory <- read.csv(file.path(folder, "memory_measurements.csv"), colClasses = "character")
memory <- memory[memory$type == "relay", ]
memory$at <- ms(memory$timestamp)
memory <- memory[!duplicated(memory[c("nickname", "at")]), ]
memory$rss <- as.numeric(memory$rss_kb) * 1024
memory$peak <- as.numeric(memory$hwm_kb)
memory <- memory[order(memory$nickname, memory$at), ]
labelled <- memory[memory$group != "", ]

trapezoid <- function(t, v) if (length(t) == 1) v else sum(diff(t) * (head(v, -1) + tail(v, -1)) / 2) / (max(t) - min(t))
theilSen <- function(t, v) { s <- outer(v, v, "-") / outer(t, t, "-"); median(s[lower.tri(s)]) * day }
skewness <- function(x) { n <- length(x); m <- mean(x); mean((x - m)^3) / mean((x - m)^2)^1.5 * sqrt(n * (n - 1)) / (n - 2) }
interval <- function(x) { t <- t.test(x); list(mean = unname(t$estimate), low = t$conf.int[1], high = t$conf.int[2]) }

figures <- function(arm, from, to) {
  rows <- labelled[labelled$group == arm & labelled$at >= from & labelled$at <= to, ]
  relays <- split(rows, rows$nickname)
  # A restart shows between two samples of the relay; it counts where the later one lies in the window.
  restarts <- sapply(names(relays), function(n) { all <- labelled[labelled$group == arm & labelled$nickname == n, ]
    drop <- c(FALSE, tail(all$peak, -1) < 0.8 * head(all$peak, -1)); sum(drop & all$at >= from & all$at <= to) })
  data.frame(relay = names(relays), mean = sapply(relays, function(r) trapezoid(r$at, r$rss)),
    slope = sapply(relays, function(r) theilSen(r$at, r$rss)), restarts = restarts)
}

# Relays that were seen without V2Dir, which a restart does not cost: they carry what an earlier setting left behind.
flags <- read.csv(file.path(folder, "bandwidth_measurements.csv"), colClasses = "character")
flags <- flags[flags$flags != "", ]
leftover <- unique(flags$nickname[!grepl("V2Dir", flags$flags)])

welchT <- function(x, y) (mean(x) - mean(y)) / sqrt(var(x) / length(x) + var(y) / length(y))
stepDown <- function(sets, control, draws) {
  t0 <- sapply(sets, function(s) abs(welchT(s, control)))
  order <- names(sort(t0, decreasing = TRUE)); largest <- 0; p <- c()
  for (rank in seq_along(order)) {
    open <- order[rank:length(order)]; values <- c(unlist(sets[open]), control)
    labels <- c(rep(seq_along(open), sapply(sets[open], length)), rep(0L, length(control)))
    counts <- tabulate(labels + 1L); hits <- 0
    for (draw in seq_len(draws)) { l <- sample(labels)
      s1 <- rowsum(cbind(values, values^2), l); means <- s1[, 1] / counts
      v <- (s1[, 2] / counts - means^2) * counts / (counts - 1) / counts
      t <- abs(means[-1] - means[1]) / sqrt(v[-1] + v[1])
      hits <- hits + (max(t) >= t0[order[rank]] * (1 - 1e-9)) }
    largest <- max(largest, (hits + 1) / (draws + 1)); p[order[rank]] <- largest }
  p }

compare <- function(x, y) {
  w <- t.test(x, y); va <- var(x) / length(x) / mean(x)^2; vb <- var(y) / length(y) / mean(y)^2
  df <- (va + vb)^2 / (va^2 / (length(x) - 1) + vb^2 / (length(y) - 1)); half <- qt(0.975, df) * sqrt(va + vb)
  ratio <- mean(x) / mean(y)
  list(difference = list(mean = unname(w$estimate[1] - w$estimate[2]), low = w$conf.int[1], high = w$conf.int[2]),
    ratio = list(mean = ratio, low = ratio * exp(-half), high = ratio * exp(half)), welchP = w$p.value) }

analyse <- function(windows, excluded) {
  arms <- names(windows); keep <- function(f) f[!(f$relay %in% excluded), ]
  own <- lapply(arms, function(a) keep(figures(a, windows[[a]][1], windows[[a]][2]))); names(own) <- arms
  control <- lapply(arms, function(a) keep(figures("Z", windows[[a]][1], windows[[a]][2]))$mean); names(control) <- arms
  treated <- setdiff(arms, "Z"); key <- sapply(windows[treated], paste, collapse = "-"); p <- c()
  for (k in unique(key)) { family <- treated[key == k]
    sets <- lapply(own[family], function(f) f$mean); names(sets) <- family
    p[family] <- pmin(1, stepDown(sets, control[[family[1]]], 20000)[family] * length(treated) / length(family)) }
  result <- lapply(arms, function(a) { f <- own[[a]]
    c(list(relays = nrow(f), rssBytes = interval(f$mean), slopeBytesPerDay = interval(f$slope), skewness = skewness(f$mean),
        restarts = sum(f$restarts), windowMs = windows[[a]]),
      if (a == "Z") list() else c(compare(f$mean, control[[a]]), list(adjustedP = unname(p[a])))) })
  names(result) <- arms; result }

arms <- c(LETTERS[1:9], "Z")
every <- function(from, to) { w <- lapply(arms, function(a) c(from, to)); names(w) <- arms; w }
end <- ms("2026-01-10T06:00:01")
# What the report finds by itself: six days up to the end, whole cycles of 24, 48 and 72 hours; the late arm after warm-up.
found <- every(end - 6 * day, end); found$I <- c(ms("2026-01-07T13:35:00"), end)
# As asked for: every restarted arm over its latest whole cycles, the late arm since its first labelled row.
from <- ms("2026-01-05T21:00:00"); asked <- every(from, end)
asked$F <- c(end - 4 * day, end); asked$G <- c(end - 4 * day, end); asked$H <- c(end - 3 * day, end)
asked$I <- c(min(labelled$at[labelled$group == "I"]), end)
lacksHsDir <- function(a) { l <- tapply(!grepl("HSDir", flags$flags), flags$nickname, tail, 1); l <- l[names(l) %in% figures(a, 0, end)$relay]; c(sum(l), length(l)) }
hsDir <- lapply(arms, function(a) { x <- lacksHsDir(a); z <- lacksHsDir("Z")
  list(lacking = x[1], seen = x[2], p = fisher.test(matrix(c(x[1], x[2] - x[1], z[1], z[2] - z[1]), 2), alternative = "greater")$p.value) })
names(hsDir) <- arms
cat(toJSON(list(R = R.version.string, leftover = sort(leftover), lacksHsDir = hsDir,
  found = list(asAssigned = analyse(found, c()), clean = analyse(found, leftover)),
  asked = list(fromMs = from, toMs = end, asAssigned = analyse(asked, c()), clean = analyse(asked, leftover))),
  digits = NA, auto_unbox = TRUE, pretty = 1))
