-- Sends the bodies of the file BENCH_BODIES, a line each, in turn. What wrk saw is the last line, as JSON.
local requests = {}
local at = 0

function init()
  local headers = { ['content-type'] = 'application/x-www-form-urlencoded' }
  for body in io.lines(os.getenv('BENCH_BODIES')) do requests[#requests + 1] = wrk.format('POST', nil, headers, body) end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"microseconds":%d,"errors":%d,"p50":%d,"p99":%d}\n',
    summary.requests, summary.duration, errors.connect + errors.read + errors.write + errors.timeout + errors.status,
    latency:percentile(50), latency:percentile(99)
  ))
end
