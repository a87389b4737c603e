-- Posts requests for random users of the shop; every connection has its own sequence.
local threads = 0

function setup(thread)
    threads = threads + 1
    thread:set("seed", threads)
end

function init(args)
    users = tonumber(args[1] or "100000")
    math.randomseed(seed * 7919 + tonumber(args[2] or "0"))
    headers = {["Content-Type"] = "application/json"}
end

function request()
    local body = string.format('{"user":"u%08d","k":16}', math.random(0, users - 1))
    return wrk.format("POST", "/v1/recommendations", headers, body)
end

function done(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format(
        "RESULT %.2f %.4f %.4f %d %d\n", summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000,
        latency:percentile(99) / 1000, errors.status + errors.connect + errors.read + errors.write + errors.timeout,
        summary.requests))
end
