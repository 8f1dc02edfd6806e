-- Posts one order after another, each under a key of its own. The environment names path, item and tokens.
local path = os.getenv("BENCH_PATH")
local item = os.getenv("BENCH_ITEM")
local body = '{"customer": {"name": "Ann Example", "phone": "+14155550123"}, "lines": [{"item_id": "'
  .. item .. '", "quantity": 2}]}'
local run = os.getenv("BENCH_RUN")
local threads = 0
local count = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function request()
  count = count + 1
  local headers = {
    ["Content-Type"] = "application/json",
    ["Idempotency-Key"] = run .. "-" .. number .. "-" .. count .. "-0000000000",
  }
  return wrk.format("POST", path, headers, body)
end

function done(summary, latency, requests)
  local errors = summary.errors
  local wrong = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration, wrong,
    latency:percentile(50), latency:percentile(99)))
end
