-- What wrk sends is told by the environment; what it saw is the last line, as JSON.
wrk.method = os.getenv('BENCH_METHOD')
wrk.body = os.getenv('BENCH_BODY')
wrk.headers['authorization'] = os.getenv('BENCH_AUTHORIZATION')
wrk.headers['content-type'] = os.getenv('BENCH_CONTENT_TYPE')

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"microseconds":%d,"errors":%d,"p50":%d,"p99":%d}\n',
    summary.requests, summary.duration, errors.connect + errors.read + errors.write + errors.timeout + errors.status,
    latency:percentile(50), latency:percentile(99)
  ))
end
