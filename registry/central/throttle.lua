-- May this caller ask the centre now, and what do its answers teach?
--
-- One script, so that every decision is atomic for all workers on all machines, by Redis's own clock.
-- KEYS: 1 state (hash) · 2 leases (zset: holder → end of lease) · 3 history (list of samples)
--       4… leases of each lane (zset), in the order of LANES
-- ARGV: 1 verb · 2 settings (JSON) · further ones by verb

local state_key, leases_key, history_key = KEYS[1], KEYS[2], KEYS[3]
local set = cjson.decode(ARGV[2])
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1e6

local stored = redis.call('HGETALL', state_key)
local s = {}
for i = 1, #stored, 2 do s[stored[i]] = stored[i + 1] end
local function num(name, default) return tonumber(s[name]) or default end
local dirty = {}
local function put(name, value)
  s[name] = tostring(value)
  dirty[#dirty + 1] = name
  dirty[#dirty + 1] = s[name]
end
local function bump(name) put(name, num(name, 0) + 1) end

-- Leases whose holder died come back by time.
redis.call('ZREMRANGEBYSCORE', leases_key, '-inf', now)
for lane = 1, #set.shares do redis.call('ZREMRANGEBYSCORE', KEYS[3 + lane], '-inf', now) end
local in_flight = redis.call('ZCARD', leases_key)

local limit = num('limit', set.first_limit)
local function ceiling() return num('ceiling', set.highest_limit) end
local function clamp(value) return math.max(1, math.min(value, ceiling(), set.highest_limit)) end

-- Which word describes the centre now, and from when on may the next call begin?
local function gate()
  if (s.paused or '') ~= '' then return 'paused', now + set.paused_seconds end
  if num('opens_at', 0) > now then return 'closed', num('opens_at', 0) end
  if num('busy_until', 0) > now then return 'waiting', num('busy_until', 0) end
  if s.outage == '1' then return 'outage', num('probe_at', 0) end
  if limit < num('threshold', set.highest_limit) then return 'learning', 0 end
  return 'steady', 0
end
local word, from = gate()

-- How many calls could begin now. While the centre is out, one probe at a time.
local function room()
  if from > now then return 0 end
  if word == 'outage' then return in_flight == 0 and 1 or 0 end
  return math.max(0, math.floor(clamp(limit)) - in_flight)
end

-- A full house empties one place per answer time and place.
local function come_back()
  if from > now then return from - now end
  local answer = num('latency', set.first_latency)
  return math.max(set.least_wait, answer / math.max(1, limit))
end

local function save()
  if #dirty > 0 then redis.call('HSET', state_key, unpack(dirty)) end
end

local function sample()
  if now - num('sampled_at', 0) < set.sample_seconds then return end
  put('sampled_at', now)
  redis.call('RPUSH', history_key, cjson.encode({
    at = now, limit = limit, in_flight = in_flight, state = word, latency = num('latency', 0),
    offered = num('offered', 0), served = num('served', 0), refused = num('refused', 0),
    timed_out = num('timed_out', 0), probes = num('probes', 0),
  }))
  redis.call('LTRIM', history_key, -set.samples, -1)
end

if ARGV[1] == 'acquire' then
  local lane, holder, lease = tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])
  bump('offered')
  local free = room()
  -- Weighted fair turns: a lane that was sent away lately and has had less than its share goes first.
  local turn, first = num('turn' .. lane, 0), true
  local others, lowest = 0, turn
  for other = 1, #set.shares do
    if other ~= lane and num('wants' .. other, 0) > now - set.wants_seconds then
      others = others + 1
      local theirs = num('turn' .. other, 0)
      if theirs < turn then first = false end
      lowest = math.min(lowest, theirs)
    end
  end
  if free <= 0 or (not first and free <= others) then
    put('wants' .. lane, now)
    sample()
    save()
    return {0, tostring(come_back()), word}
  end
  put('wants' .. lane, 0)
  -- A lane that was idle does not collect turns for later.
  put('turn' .. lane, math.max(turn, num('turns', 0)) + 1 / set.shares[lane])
  put('turns', math.max(num('turns', 0), lowest))
  if word == 'outage' then
    bump('probes')
    put('probed_at', now)
  end
  redis.call('ZADD', leases_key, now + lease, holder)
  redis.call('ZADD', KEYS[3 + lane], now + lease, holder)
  if in_flight + 1 >= math.floor(limit) then put('full_at', now) end
  save()
  return {1, tostring(now), word}
end

if ARGV[1] == 'settle' then
  local lane, holder, granted_at = tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])
  local outcome, seconds = ARGV[6], tonumber(ARGV[7])
  local retry_after, opens_at, timed_out = tonumber(ARGV[8]), tonumber(ARGV[9]), ARGV[10] == '1'
  local lane_key = KEYS[3 + lane]
  -- Whoever comes after the end of its lease is not counted: its place was given to another.
  if not redis.call('ZSCORE', leases_key, holder) then return 0 end

  local latency = num('latency', 0)
  if outcome == 'dropped' and seconds < latency then
    -- A refused call keeps its place for one normal answer time, so that fast refusals never speed us up.
    local till = now + (latency - seconds)
    redis.call('ZADD', leases_key, till, holder)
    redis.call('ZADD', lane_key, till, holder)
  else
    redis.call('ZREM', leases_key, holder)
    redis.call('ZREM', lane_key, holder)
  end

  if outcome == 'ok' then
    bump('served')
    put('ok_at', now)
    put('drops', 0)
    put('latency', latency == 0 and seconds or latency + set.smoothing * (seconds - latency))
    if s.outage == '1' then
      -- Back: from one call up, fast to most of what the centre could bear before, then carefully.
      put('outage', 0)
      put('pause', 0)
      limit = 1
      put('threshold', math.max(1, num('before', 1) * set.return_share))
    end
    local base = num('base' .. lane, seconds)
    base = seconds < base and seconds or base + set.base_drift * (seconds - base)
    put('base' .. lane, base)
    local was_full = now - num('full_at', 0) <= math.max(seconds, set.least_wait) + set.wants_seconds
    local calm = seconds <= base * set.slow_factor + set.slow_margin
    if was_full and calm then
      if limit < num('threshold', set.highest_limit) then
        limit = limit + 1
      else
        limit = limit + set.step / limit
      end
    elseif not calm and granted_at > num('cut_at', 0) then
      -- The queue at the centre grows: a little less, once per answer time.
      limit = limit * set.ease
      put('threshold', limit)
      put('cut_at', now)
    end
    limit = clamp(limit)
    put('limit', limit)
  elseif outcome == 'closed' then
    put('opens_at', opens_at > now and opens_at or now + set.closed_seconds)
  elseif outcome == 'dropped' then
    bump(timed_out and 'timed_out' or 'refused')
    put('dropped_at', now)
    put('drops', num('drops', 0) + 1)
    if retry_after > 0 then put('busy_until', now + math.min(retry_after, set.longest_wait)) end
    if s.outage == '1' and granted_at < num('outage_at', 0) then
      put('drops', 0) -- begun before the outage was known: it tells nothing new
    elseif s.outage == '1' then
      local pause = math.min(math.max(num('pause', 0) * 2, set.first_pause), set.longest_pause)
      put('pause', pause)
      local jitter = 0.8 + 0.4 * ((now * 1e6) % 1000) / 1000
      put('probe_at', now + pause * jitter)
    elseif num('drops', 0) >= set.outage_drops and now - num('ok_at', 0) > latency * set.outage_silence then
      -- Nothing but failures for longer than an answer takes: the centre is out.
      put('outage', 1)
      put('outage_at', now)
      put('before', num('cut_from', limit))
      put('pause', set.first_pause)
      put('probe_at', now + set.first_pause)
    elseif granted_at > num('cut_at', 0) then
      -- One cut for all calls that were in flight together.
      if now - num('ok_at', 0) <= latency * 2 then put('cut_from', limit) end
      limit = clamp(limit * set.cut)
      put('limit', limit)
      put('threshold', limit)
      put('cut_at', now)
    end
  end
  word, from = gate()
  in_flight = redis.call('ZCARD', leases_key)
  sample()
  save()
  return 1
end

if ARGV[1] == 'room' then
  return room()
end

-- look
local answer = {
  now = now, limit = clamp(limit), in_flight = in_flight, state = word, from = from, room = room(),
  ceiling = tonumber(s.ceiling) or false,
}
for _, name in ipairs({'offered', 'served', 'refused', 'timed_out', 'probes', 'latency', 'ok_at', 'dropped_at',
  'probed_at', 'probe_at', 'outage_at', 'opens_at', 'before'}) do
  answer[name] = num(name, 0)
end
answer.paused = s.paused or ''
answer.paused_by = s.paused_by or ''
return cjson.encode(answer)
