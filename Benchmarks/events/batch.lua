-- A thousand events a request. Their ids are left to the server, so that bodies can be made beforehand and the load
-- generator does not become what is measured.
local kinds = {"view", "view", "view", "impression", "click", "cart", "purchase"}

function init(args)
   size = tonumber(args[1] or "1000")
   wrk.method = "POST"
   wrk.path = "/v1/events"
   wrk.headers["Content-Type"] = "application/json"
   requests = {}
   for body = 1, 16 do
      local events = {}
      for event = 1, size do
         events[event] = string.format('{"kind":"%s","user":"u%08d","item":"i%07d"}', kinds[event % 7 + 1],
            math.random(0, 99999), math.random(0, 99999))
      end
      requests[body] = wrk.format(nil, nil, nil, '{"events":[' .. table.concat(events, ",") .. "]}")
   end
   count = 0
end

function request()
   count = count + 1
   return requests[count % 16 + 1]
end

function done(summary, latency, requests)
   local failed = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write
      + summary.errors.timeout
   io.write(string.format("RESULT %.1f %.3f %.3f %d\n", summary.requests / summary.duration * 1e6,
      latency:percentile(50) / 1000, latency:percentile(99) / 1000, failed))
end
