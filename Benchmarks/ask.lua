-- Asks for random users; every thread has its own sequence. wrk -s ask.lua URL -- KIND USERS SEED, where KIND is `lists`
-- (GET /v1/recommendations/{user}), `pipeline` (POST /v1/recommendations) or `triton` (Triton's ensemble).
local threads = 0

function setup(thread)
    threads = threads + 1
    thread:set("seed", threads)
end

function init(args)
    kind, users = args[1], tonumber(args[2])
    math.randomseed(seed * 7919 + tonumber(args[3] or "0"))
    headers = {["Content-Type"] = "application/json"}
end

function request()
    local user = math.random(0, users - 1)
    if kind == "lists" then return wrk.format("GET", string.format("/v1/recommendations/u%08d", user)) end
    if kind == "pipeline" then
        return wrk.format("POST", "/v1/recommendations", headers, string.format('{"user":"u%08d","k":16}', user))
    end
    return wrk.format("POST", "/v2/models/recommend/infer", headers, string.format(
        '{"inputs":[{"name":"user_id_raw","shape":[1,1],"datatype":"INT32","data":[%d]}]}', user))
end

function done(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format(
        "RESULT %.2f %.4f %.4f %d %d\n", summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000,
        latency:percentile(99) / 1000, errors.status + errors.connect + errors.read + errors.write + errors.timeout,
        summary.requests))
end
