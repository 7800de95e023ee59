-- What wrk sends: the shots of a plan (a Lua table that load.py writes), in turn, with distinct
-- ids and varied user agents. `done` prints one line of JSON that load.py reads.
--
-- plan.count: send exactly so many, look at every answer, then rest (a check, not a measurement:
-- looking at answers costs the load generator a third of its speed).
-- plan.pause_ms: rest so long before each request; a fraction is kept on average.

local plan, sent, reserved, ids
answered, refused, first_refusal = 0, 0, "" -- global: `done` runs elsewhere and asks for them
local threads = {}
local EVER_MS = 1000 * 3600

function setup(thread)
  table.insert(threads, thread)
end

local function hex(bits)
  return math.random(0, 2 ^ bits - 1)
end

function init(args)
  plan = dofile(args[1])
  sent, reserved = 0, 0
  math.randomseed(plan.seed)
  -- the first half is random, as in real ids, so that indexes are written all over
  ids = {
    none = function() return "" end,
    uuid = function()
      return string.format("%04x%04x-%04x-4%03x-8%03x-%012x", hex(16), hex(16), hex(16),
        hex(12), plan.seed % 4096, sent)
    end,
    base58 = function()
      local digits = string.format("%04x%04x%03x%08x", hex(16), hex(16), plan.seed % 4096, sent)
      return (digits:gsub("0", "z"))
    end,
  }
  if plan.count > 0 then
    delay = function()
      reserved = reserved + 1
      return reserved > plan.count and EVER_MS or 0
    end
    response = function(status, _, body)
      if status >= 200 and status < 300 then answered = answered + 1 else
        if refused == 0 then first_refusal = status .. " " .. body:sub(1, 200) end
        refused = refused + 1
      end
    end
  elseif plan.pause_ms > 0 then
    delay = function()
      local whole = math.floor(plan.pause_ms)
      return whole + (math.random() < plan.pause_ms - whole and 1 or 0)
    end
  end
end

function request()
  sent = sent + 1
  local shot = plan.shots[sent % #plan.shots + 1]
  local body = shot.before and (shot.before .. ids[shot.id]() .. shot.after)
  shot.headers["User-Agent"] = plan.agents[hex(20) % #plan.agents + 1]
  return wrk.format(shot.method, shot.path, shot.headers, body)
end

local function total(name)
  local sum = 0
  for _, thread in ipairs(threads) do sum = sum + (thread:get(name) or 0) end
  return sum
end

function done(summary, latency, _)
  local errors = summary.errors
  local function ms(percent) return latency:percentile(percent) / 1000 end
  io.write(string.format(
    '\n{"requests":%d,"seconds":%.6f,"bytes":%d,"p50_ms":%.3f,"p90_ms":%.3f,"p99_ms":%.3f,'
    .. '"max_ms":%.3f,"errors":{"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d},'
    .. '"answered":%d,"refused":%d,"first_refusal":%q}\n',
    summary.requests, summary.duration / 1e6, summary.bytes, ms(50), ms(90), ms(99),
    latency.max / 1000, errors.connect, errors.read, errors.write, errors.status, errors.timeout,
    total("answered"), total("refused"), (threads[1]:get("first_refusal") or ""):gsub('[%c"\\]', " ")))
end
