-- Sends one request again and again, or the requests of a file one after another. The environment has its parts.
-- "{key}" in a body becomes a new key each time. In a file, a zero byte ends each request.
local method = os.getenv("BENCH_METHOD")
local path = os.getenv("BENCH_PATH")
local body = os.getenv("BENCH_BODY")
local run = os.getenv("BENCH_RUN")
local file = os.getenv("BENCH_FILE")
local count = 0
local prepared = {}

if file then
  local opened = assert(io.open(file, "rb"))
  for one in opened:read("*a"):gmatch("([^%z]+)%z") do
    prepared[#prepared + 1] = one
  end
  opened:close()
end

function request()
  count = count + 1
  if file then
    return prepared[(count - 1) % #prepared + 1]
  end
  if body == "" then
    return wrk.format(method, path)
  end
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
