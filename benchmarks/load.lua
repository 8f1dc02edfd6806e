-- Sends one request again and again. "{key}" in its body becomes a new key each time. The environment has its parts.
local method = os.getenv("BENCH_METHOD")
local path = os.getenv("BENCH_PATH")
local body = os.getenv("BENCH_BODY")
local run = os.getenv("BENCH_RUN")
local count = 0

function request()
  if body == "" then
    return wrk.format(method, path)
  end
  count = count + 1
  local key = run .. string.format("%09d", count)
  local headers = { ["Content-Type"] = "application/json", ["Idempotency-Key"] = "benchmark-" .. key }
  return wrk.format(method, path, headers, (body:gsub("{key}", key)))
end

function done(summary, latency, requests)
  local errors = summary.errors
  local wrong = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration, wrong,
    latency:percentile(50), latency:percentile(99)))
end
