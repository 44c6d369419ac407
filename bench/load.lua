-- Asks for one of many paths at random; prints what happened as one line of JSON.
local requests = {}

function init(args)
  math.randomseed(tonumber(os.getenv("SEED")))
  local body = os.getenv("BODY")
  if body == "" then body = nil end
  for path in io.lines(os.getenv("PATHS")) do
    requests[#requests + 1] = wrk.format(os.getenv("METHOD"), path, nil, body)
  end
end

function request()
  return requests[math.random(#requests)]
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '{"requests": %d, "duration_us": %d, "p50_us": %.0f, "p99_us": %.0f, "status": %d, "socket": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), e.status,
    e.connect + e.read + e.write + e.timeout))
end
