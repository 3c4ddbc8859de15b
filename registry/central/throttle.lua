-- May this caller ask the centre now?
--
-- One script, so that every decision is atomic for all workers on all machines, by Redis's own clock. It
-- gives and takes permits, keeps turns between lanes and offices, and hands what was seen to the learner
-- (capacity.py) now and then; what the learner says is kept here for everybody.
-- KEYS: 1 state (hash) · 2 leases (zset: holder → end of lease) · 3 begun (zset: holder → when)
--       4 seen (list, for the learner) · 5 history (list of points) · 6 known (the learner's JSON)
--       7 turns (hash: lane:office → turn)
--       8… for each lane: offices waiting (zset: office → turn), and until when each counts as waiting (zset)
-- State is read whole at every call, so only what every call needs is in it.
-- ARGV: 1 verb · 2 settings (JSON) · further ones by verb

local state_key, leases_key, begun_key, seen_key, history_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local known_key, turns_key = KEYS[6], KEYS[7]
local set = cjson.decode(ARGV[2])
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1e6

local stored = redis.call('HGETALL', state_key)
local s = {}
for i = 1, #stored, 2 do s[stored[i]] = stored[i + 1] end
local function num(name, default) return tonumber(s[name]) or default or 0 end
local dirty = {}
local function put(name, value)
  -- seventeen digits: times are compared, and must not be rounded
  s[name] = type(value) == 'number' and string.format('%.17g', value) or tostring(value)
  dirty[#dirty + 1] = name
  dirty[#dirty + 1] = s[name]
end
local function bump(name) put(name, num(name) + 1) end
local function save()
  if #dirty > 0 then redis.call('HSET', state_key, unpack(dirty)) end
end
local function at(value) return string.format('%.17g', value) end

-- Leases whose holder died come back by time.
local function give_back(holders)
  if #holders == 0 then return end
  redis.call('ZREM', leases_key, unpack(holders))
  redis.call('ZREM', begun_key, unpack(holders))
end
give_back(redis.call('ZRANGEBYSCORE', leases_key, '-inf', at(now), 'LIMIT', 0, 1000))

-- Calls from before a silence are written off: they no longer fill a place.
local in_flight = redis.call('ZCOUNT', begun_key, at(num('void_before')), '+inf')

local function ceiling() return num('ceiling', math.huge) end
local function limit() return math.max(1, math.min(num('limit', set.first_limit), ceiling())) end

-- Which word describes the centre now, and from when on may the next call begin?
local function gate()
  if (s.paused or '') ~= '' then return 'paused', now + set.paused_seconds end
  if num('opens_at') > now then return 'closed', num('opens_at') end
  if num('wait_until') > now then return 'waiting', num('wait_until') end
  if s.mode == 'outage' then return 'outage', num('probe_at') end
  if num('starts', 1) <= 0 then return 'listening', now + set.lesson_seconds end
  return s.mode or 'searching', num('next_start')
end
local word, from = gate()

-- How many calls could begin now, were they evenly spread over the next second. In an outage: one probe.
local function room()
  if from > now + 1 or word == 'paused' or word == 'closed' then return 0 end
  if word == 'outage' then
    local youngest = redis.call('ZREVRANGE', begun_key, 0, 0, 'WITHSCORES')
    local probing = in_flight > 0 and now - tonumber(youngest[2]) < num('probe_patience', set.first_patience)
    return (not probing and from <= now) and 1 or 0
  end
  local soon = math.max(1, num('starts', set.first_starts))
  return math.max(0, math.min(math.floor(limit()) - in_flight, math.floor(soon)))
end

local function lesson()
  -- What the learner needs, to one caller at a time.
  put('lesson_at', now + set.lesson_seconds)
  local proven = redis.call('ZCOUNT', begun_key, '(' .. at(num('refused_began')), at(now - num('verdict', 1)))
  return cjson.encode({
    version = num('version'), known = redis.call('GET', known_key) or '', now = now, in_flight = in_flight,
    let_in = num('let_in'), proven = proven, full_at = num('full_at'),
    seen = redis.call('LRANGE', seen_key, 0, set.most_seen - 1),
  })
end

local function sample()
  if now - num('sampled_at') < set.sample_seconds then return end
  put('sampled_at', now)
  redis.call('RPUSH', history_key, cjson.encode({
    at = now, limit = limit(), in_flight = in_flight, state = word, latency = num('latency'),
    pace = num('pace'), learned = num('learned'), queue = num('queue'),
    offered = num('offered'), served = num('served'), refused = num('refused'),
    timed_out = num('timed_out'), probes = num('probes'),
  }))
  redis.call('LTRIM', history_key, -set.samples, -1)
end

-- Those of a lane whose time to come back has come and whose turn is before this one; for them a place is
-- kept. An entry's score is the time until which it counts, told time plus grace.
local function due_before(lane, turn)
  local wait_key, until_key = KEYS[6 + 2 * lane], KEYS[7 + 2 * lane]
  local gone = redis.call('ZRANGEBYSCORE', until_key, '-inf', at(now), 'LIMIT', 0, 100)
  if #gone > 0 then
    redis.call('ZREM', until_key, unpack(gone))
    redis.call('ZREM', wait_key, unpack(gone))
  end
  local count = 0
  local due = redis.call('ZRANGEBYSCORE', until_key, '-inf', at(now + set.grace_seconds), 'LIMIT', 0, 20)
  for _, office in ipairs(due) do
    if tonumber(redis.call('ZSCORE', wait_key, office)) < turn then count = count + 1 end
  end
  return count
end

-- Whoever is sent away is told a time of its own, by how many are before it and how fast places fall free.
-- One whose time has come and who finds no place comes back soon, and the next free place is its own.
local function send_away(lane, office, turn)
  local wait_key, until_key = KEYS[6 + 2 * lane], KEYS[7 + 2 * lane]
  local every = math.max(set.least_wait, num('latency', set.first_latency) / limit())
  if num('starts') > 0 then every = math.max(every, 1 / num('starts')) end
  local first = math.max(from, now)
  local stands = tonumber(redis.call('ZSCORE', until_key, office))
  local told = stands and stands - set.grace_seconds
  if not told or told < now - set.grace_seconds then
    local ahead = redis.call('ZCOUNT', wait_key, '-inf', at(turn))
    if first <= now then ahead = ahead + 1 end -- a place must fall free first
    told = first + math.min(every * ahead, set.longest_turn)
  end
  local back = told
  if told <= now then
    told, back = first, math.max(first, now + math.min(every, set.again_seconds))
  end
  redis.call('ZADD', wait_key, at(turn), office)
  redis.call('ZADD', until_key, at(told + set.grace_seconds), office)
  return {0, at(math.max(back - now, 0.001)), word, 0, num('lesson_at') <= now and lesson() or ''}
end

if ARGV[1] == 'acquire' then
  local lane, office, weight = tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])
  local holder, lease = ARGV[6], tonumber(ARGV[7])
  bump('offered')
  local free = room()
  if from > now then free = 0 end
  -- Weighted turns: each permit moves its lane, and its office within the lane, back by one over its share.
  -- Nobody collects turns while it has nothing to ask, and nobody waits for one whose time has not come.
  local lane_turn = math.max(num('lane' .. lane), num('lane_now'))
  local turn_field = lane .. ':' .. office
  local turn = math.max(tonumber(redis.call('HGET', turns_key, turn_field)) or 0, num('turn_now' .. lane))
  local before = due_before(lane, turn)
  for other = 1, #set.shares do
    if other ~= lane and math.max(num('lane' .. other), num('lane_now')) < lane_turn then
      before = before + math.min(1, due_before(other, math.huge))
    end
  end
  if free <= before then
    local answer = send_away(lane, office, turn)
    sample()
    save()
    return answer
  end
  redis.call('ZREM', KEYS[6 + 2 * lane], office)
  redis.call('ZREM', KEYS[7 + 2 * lane], office)
  put('lane' .. lane, lane_turn + 1 / set.shares[lane])
  put('lane_now', math.max(num('lane_now'), lane_turn))
  redis.call('HSET', turns_key, turn_field, at(turn + 1 / weight))
  put('turn_now' .. lane, math.max(num('turn_now' .. lane), turn))
  if word == 'outage' then
    bump('probes')
    put('probed_at', now)
    local pause = num('pause', set.first_pause)
    put('probe_at', now + pause * (0.85 + 0.3 * ((now * 1e6) % 1000) / 1000))
    put('pause', math.min(pause * set.pause_growth, set.longest_pause))
  else
    put('next_start', math.max(num('next_start'), now - set.catch_up) + 1 / num('starts', set.first_starts))
  end
  redis.call('ZADD', leases_key, at(now + lease), holder)
  redis.call('ZADD', begun_key, at(now), holder)
  bump('let_in')
  if in_flight + 1 >= math.floor(limit()) then put('full_at', now) end
  local due = num('lesson_at') <= now and lesson() or ''
  sample()
  save()
  return {1, at(now), word, in_flight, due}
end

if ARGV[1] == 'settle' then
  local holder, granted_at, ended, beside, outcome = ARGV[3], tonumber(ARGV[4]), ARGV[5], ARGV[6], ARGV[7]
  local retry_after, opens_at = ARGV[8], tonumber(ARGV[9])
  -- Whoever comes after the end of its lease is not counted: its place was given to another.
  if not redis.call('ZSCORE', leases_key, holder) then return {0, ''} end
  give_back({holder})
  if granted_at >= num('void_before') then in_flight = in_flight - 1 end
  if outcome == 'ok' then
    bump('served')
    put('ok_at', now)
  elseif outcome == 'refused' or outcome == 'timed_out' then
    bump(outcome)
    put('dropped_at', now)
    if outcome == 'refused' then put('let_in', num('let_in') - 1) end
  elseif outcome == 'closed' then
    put('opens_at', opens_at > now and opens_at or now + set.closed_seconds)
  end
  local tells = outcome == 'ok' or outcome == 'refused' or outcome == 'timed_out'
  if tells then
    redis.call('RPUSH', seen_key, table.concat({at(granted_at), ended, outcome, beside, retry_after}, ' '))
    redis.call('LTRIM', seen_key, -set.most_seen, -1)
  end
  word, from = gate()
  local due = ''
  if num('lesson_at') <= now or (tells and (outcome ~= 'ok' or s.mode == 'outage')) then due = lesson() end
  sample()
  save()
  return {1, due}
end

if ARGV[1] == 'teach' then
  local version, used, known, told = tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5], cjson.decode(ARGV[6])
  if version ~= num('version') then return 0 end -- another was faster; what was seen is still there
  redis.call('LTRIM', seen_key, used, -1)
  redis.call('SET', known_key, known)
  bump('version')
  local was = s.mode
  for name, value in pairs(told) do
    -- the pauses between probes run here, once an outage has begun
    if not ((name == 'probe_at' or name == 'pause') and was == 'outage' and told.mode == 'outage') then
      put(name, value)
    end
  end
  save()
  return 1
end

if ARGV[1] == 'forget_process' then
  local found = {}
  for _, holder in ipairs(redis.call('ZRANGE', leases_key, 0, -1)) do
    if string.sub(holder, 1, #ARGV[3] + 1) == ARGV[3] .. '|' then found[#found + 1] = holder end
  end
  give_back(found)
  return #found
end

if ARGV[1] == 'room' then
  -- When every caller waits for an answer nobody else asks: a centre that fell silent is noticed here.
  local free, due = room(), num('lesson_at') <= now and lesson() or ''
  sample()
  save()
  return {free, due}
end

-- look
local answer = {
  limit = limit(), in_flight = in_flight, state = word, room = room(),
  ceiling = tonumber(s.ceiling) or false, paused = s.paused or '', paused_by = s.paused_by or '',
}
for _, name in ipairs({'offered', 'served', 'refused', 'timed_out', 'probes', 'latency', 'ok_at', 'dropped_at',
  'probed_at', 'probe_at', 'opens_at', 'wait_until', 'learned', 'pace', 'queue', 'noise'}) do
  answer[name] = num(name)
end
return cjson.encode(answer)
