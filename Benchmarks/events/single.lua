-- One event a request, each with an id of its own.
local thread = 0
local kinds = {"view", "view", "view", "impression", "click", "cart", "purchase"}

function setup(t)
   t:set("number", thread)
   thread = thread + 1
end

function init(args)
   run = args[1] or "0"
   count = 0
   math.randomseed(number + 1)
   wrk.method = "POST"
   wrk.path = "/v1/events"
   wrk.headers["Content-Type"] = "application/json"
end

function request()
   count = count + 1
   local body = string.format('{"id":"%s-%d-%d","kind":"%s","user":"u%08d","item":"i%07d"}', run, number, count,
      kinds[count % 7 + 1], math.random(0, 99999), math.random(0, 99999))
   return wrk.format(nil, nil, nil, body)
end

function done(summary, latency, requests)
   local failed = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write
      + summary.errors.timeout
   io.write(string.format("RESULT %.1f %.3f %.3f %d\n", summary.requests / summary.duration * 1e6,
      latency:percentile(50) / 1000, latency:percentile(99) / 1000, failed))
end
