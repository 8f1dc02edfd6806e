-- Counts what wrk did, for a reader that is a program.
function done(summary, latency, requests)
  local errors = summary.errors
  local wrong = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration, wrong,
    latency:percentile(50), latency:percentile(99)))
end
