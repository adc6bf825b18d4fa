# Computes reference.json: results of R and its packages for the methods of this folder, on inputs made here.
# Rscript reference.R > reference.json
suppressPackageStartupMessages({library(jsonlite); library(mvtnorm)})
set.seed(20251226)
out <- list()

grid <- expand.grid(p = c(1e-12, 1e-6, 1e-4, 0.001, 0.005, 0.025, 0.05, 0.1, 0.3, 0.49, 0.7, 0.975),
                    df = c(0.5, 1, 1.5, 2, 3, 4.7, 6, 9, 13, 19.3, 29, 58, 200, 1e4, 1e8))
out$studentQuantiles <- data.frame(grid, q = mapply(qt, grid$p, grid$df))
cdf <- expand.grid(t = c(-60, -8, -3, -1, -0.1, 0, 0.4, 2, 5), df = c(0.5, 1, 2.5, 9, 19.3, 141, 1e5))
out$studentCdf <- data.frame(cdf, p = mapply(pt, cdf$t, cdf$df))
z <- c(-38, -20, -8, -3, -1, 0, 0.5, 2, 6)
out$normalCdf <- data.frame(z = z, p = pnorm(z))
p <- c(1e-300, 1e-30, 1e-10, 0.001, 0.025, 0.3, 0.5, 0.9, 0.999999)
out$normalQuantiles <- data.frame(p = p, z = qnorm(p))

skewness <- function(x) { n <- length(x); m <- mean(x); g <- mean((x - m)^3) / mean((x - m)^2)^1.5; g * sqrt(n * (n - 1)) / (n - 2) }
welch <- function(a, b) { w <- t.test(a, b); list(mean = unname(w$estimate[1] - w$estimate[2]), low = w$conf.int[1],
  high = w$conf.int[2], df = unname(w$parameter), se = w$stderr, t = unname(w$statistic), p = w$p.value) }
arms <- list(
  small = list(arm = c(388, 389, 390, 2175, 2178), control = c(5462, 5519, 5525, 5708, 5737)),
  ten = list(arm = round(rnorm(10, 1450, 25), 3), control = round(rnorm(10, 5700, 120), 3)),
  unequal = list(arm = round(rgamma(7, 4) * 100 + 900, 3), control = round(rnorm(30, 1500, 40), 3)),
  fourteen = list(arm = round(rnorm(14, 1e9, 3e7)), control = round(rnorm(14, 1.02e9, 3.1e7))))
out$arms <- lapply(arms, function(x) {
  one <- t.test(x$arm)
  # The log ratio has no function of its own: its delta-method variance through Welch's formula, written out.
  va <- var(x$arm) / length(x$arm) / mean(x$arm)^2; vb <- var(x$control) / length(x$control) / mean(x$control)^2
  df <- (va + vb)^2 / (va^2 / (length(x$arm) - 1) + vb^2 / (length(x$control) - 1))
  ratio <- mean(x$arm) / mean(x$control); half <- qt(0.975, df) * sqrt(va + vb)
  list(arm = x$arm, control = x$control,
    mean = list(mean = unname(one$estimate), low = one$conf.int[1], high = one$conf.int[2]),
    mean99 = as.numeric(t.test(x$arm, conf.level = 0.99)$conf.int), skewness = skewness(x$arm),
    difference = welch(x$arm, x$control),
    ratio = list(mean = ratio, low = ratio * exp(-half), high = ratio * exp(half), df = df)) })

theilSen <- function(t, v) { s <- outer(v, v, "-") / outer(t, t, "-"); median(s[lower.tri(s)]) }
t1 <- cumsum(sample(1:9, 40, TRUE)) * 3600000; v1 <- round(1e9 + 3e7 * t1 / 86400000 + rnorm(40, 0, 5e6)); v1[c(5, 22)] <- v1[c(5, 22)] * 3
t2 <- cumsum(sample(1:3, 61, TRUE)) * 900000; v2 <- round(runif(61, 0, 100), 2)
trapezoid <- function(t, v) sum(diff(t) * (head(v, -1) + tail(v, -1)) / 2) / (max(t) - min(t))
out$series <- list(list(atMs = t1, values = v1, mean = trapezoid(t1, v1), slopePerDay = theilSen(t1, v1) * 86400000),
                   list(atMs = t2, values = v2, mean = trapezoid(t2, v2), slopePerDay = theilSen(t2, v2) * 86400000))

# Exact permutation of Welch's t by going through all combinations, and within blocks by lm() with block effects.
exactP <- function(values, inArm) { n <- length(values); stat <- function(i) abs(t.test(values[i], values[-i])$statistic)
  observed <- stat(which(inArm)); all <- combn(n, sum(inArm), stat); mean(all >= observed * (1 - 1e-9)) }
px <- round(rnorm(10, 10, 2), 2); pin <- rep(c(TRUE, FALSE), 5)
px[pin] <- px[pin] + 1.7
hc2 <- function(values, inArm, block) { m <- lm(values ~ inArm + factor(block)); X <- model.matrix(m); e <- resid(m); h <- hatvalues(m)
  bread <- solve(t(X) %*% X); e[h > 1 - 1e-9] <- 0; h[h > 1 - 1e-9] <- 0
  v <- bread %*% t(X) %*% diag(e^2 / (1 - h)) %*% X %*% bread; unname(coef(m)[2] / sqrt(v[2, 2])) }
bx <- round(rnorm(12, 10, 1), 2) + rep(c(0, 5, 11), each = 4); bb <- rep(c("a", "b", "c"), each = 4)
bin <- c(TRUE, FALSE, TRUE, FALSE, TRUE, TRUE, TRUE, FALSE, FALSE, TRUE, FALSE, FALSE); bx[bin] <- bx[bin] + 1
bt <- hc2(bx, bin, bb)
choices <- list(); for (one in split(1:12, bb)) choices[[length(choices) + 1]] <- combn(one, sum(bin[one]), simplify = FALSE)
stats <- c(); for (i in choices[[1]]) for (j in choices[[2]]) for (k in choices[[3]]) { sel <- rep(FALSE, 12); sel[c(i, j, k)] <- TRUE
  stats <- c(stats, hc2(bx, sel, bb)) }
out$permutation <- list(
  plain = list(values = px, inArm = pin, p = exactP(px, pin), t = unname(t.test(px[pin], px[!pin])$statistic)),
  blocked = list(values = bx, inArm = bin, blocks = bb, t = bt, p = mean(abs(stats) >= abs(bt) * (1 - 1e-9)), assignments = length(stats)))

# Step-down max-t by going through every assignment of three arms of four.
w <- function(v, l, a) { x <- v[l == a]; y <- v[l == "Z"]; abs((mean(x) - mean(y)) / sqrt(var(x) / length(x) + var(y) / length(y))) }
sv <- round(c(rnorm(4, 10, 1), rnorm(4, 12.2, 1.5), rnorm(4, 10, 0.7)), 2); sl <- rep(c("A", "B", "Z"), each = 4)
t0 <- sapply(c("A", "B"), function(a) w(sv, sl, a)); first <- names(which.max(t0)); last <- names(which.min(t0))
hits <- 0; total <- 0
for (z in combn(12, 4, simplify = FALSE)) for (a in combn(setdiff(1:12, z), 4, simplify = FALSE)) {
  l <- rep("B", 12); l[z] <- "Z"; l[a] <- "A"; total <- total + 1
  hits <- hits + (max(w(sv, l, "A"), w(sv, l, "B")) >= max(t0) * (1 - 1e-9)) }
rest <- sl %in% c(last, "Z")
out$stepDown <- list(values = sv, arms = sl, order = c(first, last), assignments = total,
  adjustedP = c(hits / total, max(hits / total, exactP(sv[rest], sl[rest] == last))))

ps <- c(0.01, 0.04, 0.03, 0.005, 0.8, 0.04)
out$holm <- list(p = ps, adjusted = p.adjust(ps, "holm"))

kv <- c(rgamma(24, 0.7) * 20, 5, 5, 5, 9, 9, 9); ka <- rep(c("A", "B", "Z"), 10); kt <- rep(c(0, 1, 1, 0, 1), 6)
out$imbalance <- lapply(list(round(kv, 2), kt, kv + 12 * (ka == "A")), function(v) {
  k <- kruskal.test(v, factor(ka)); list(values = v, arms = ka, statistic = unname(k$statistic), p = k$p.value) })

# Runs: every arrangement, where there are few; the classical formula for two kinds.
perms <- function(v) if (length(unique(v)) == 1) list(v) else { r <- list(); for (u in unique(v)) { rest <- v[-match(u, v)]
  r <- c(r, lapply(perms(rest), function(x) c(u, x))) }; r }
runs <- function(v) length(rle(v)$lengths)
two <- function(n1, n2, r) { k <- r %/% 2; if (r %% 2 == 0) 2 * choose(n1 - 1, k - 1) * choose(n2 - 1, k - 1) / choose(n1 + n2, n1)
  else (choose(n1 - 1, k) * choose(n2 - 1, k - 1) + choose(n1 - 1, k - 1) * choose(n2 - 1, k)) / choose(n1 + n2, n1) }
runCase <- function(v) { all <- sapply(perms(sort(v)), runs); list(labels = v, runs = runs(v), expected = mean(all), p = mean(all <= runs(v))) }
long <- c(rep("A", 20), rep("Z", 22), rep("A", 3), rep("Z", 1))
out$runs <- list(runCase(c("A", "A", "A", "B", "B", "B", "C", "C")), runCase(c("A", "B", "A", "B", "C", "B", "C", "A")),
  runCase(c("A", "A", "B", "A", "B", "B", "B")),
  list(labels = long, runs = runs(long), expected = 1 + 2 * 23 * 23 / 46, p = sum(sapply(2:runs(long), function(r) two(23, 23, r)))))

pow <- expand.grid(n = c(5, 7, 10, 30), effect = c(0.5, 1, 1.5, 3), alpha = c(0.05, 0.005))
out$power <- data.frame(pow, power = mapply(function(n, d, a) power.t.test(n, d, 1, a, strict = TRUE)$power, pow$n, pow$effect, pow$alpha))

# Lan & DeMets bounds of O'Brien-Fleming type, from multivariate normal probabilities.
bounds <- function(fractions, alpha) { spend <- 4 * pnorm(-qnorm(1 - alpha / 4) / sqrt(fractions)); found <- c()
  for (k in seq_along(fractions)) { f <- fractions[1:k]; corr <- outer(f, f, function(a, b) sqrt(pmin(a, b) / pmax(a, b)))
    cross <- function(c) { b <- c(found, c); if (k == 1) 2 * pnorm(-c) else
      1 - pmvnorm(-b, b, corr = corr, algorithm = Miwa(steps = 256))[1] }
    found <- c(found, uniroot(function(c) cross(c) - spend[k], c(1, 9), tol = 1e-9)$root) }
  list(fractions = fractions, alpha = alpha, critical = found, spent = spend) }
out$bounds <- list(bounds((1:5) / 5, 0.05), bounds(c(0.3, 0.55, 0.8, 1), 0.05), bounds(c(0.25, 0.5, 0.75, 1), 0.01))

cat(toJSON(out, digits = NA, auto_unbox = TRUE, pretty = 1))
