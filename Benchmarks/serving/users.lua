-- Asks for random users out of the first 100,000 of the benchmark's store; every connection has its own sequence.
local connections = 0

function setup(thread)
    connections = connections + 1
    thread:set("seed", connections)
end

function init(args)
    math.randomseed(seed * 7919)
end

function request()
    return wrk.format("GET", string.format("/v1/recommendations/u%08d", math.random(0, 99999)))
end

function done(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format(
        "RESULT %.0f %.3f %.3f %d %d\n", summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000,
        latency:percentile(99) / 1000, errors.status + errors.connect + errors.read + errors.write + errors.timeout,
        summary.requests))
end
