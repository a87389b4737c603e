-- Asks for random users of the shop, of Triton's ensemble or of Martlet's pipeline; every connection has its own sequence.
local threads = 0

function setup(thread)
    threads = threads + 1
    thread:set("seed", threads)
end

function init(args)
    side = args[1]
    users = tonumber(args[2])
    math.randomseed(seed * 7919 + tonumber(args[3]))
    headers = {["Content-Type"] = "application/json"}
end

function request()
    local user = math.random(0, users - 1)
    if side == "triton" then
        local body = string.format(
            '{"inputs":[{"name":"user_id_raw","shape":[1,1],"datatype":"INT32","data":[%d]}]}', user)
        return wrk.format("POST", "/v2/models/recommend/infer", headers, body)
    end
    return wrk.format("POST", "/v1/recommendations", headers, string.format('{"user":"u%08d","k":16}', user))
end

function done(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format(
        "RESULT %.2f %.4f %.4f %d\n", summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000,
        latency:percentile(99) / 1000, errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
