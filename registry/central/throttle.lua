-- May this caller ask the centre now?
--
-- One script for every operation, so that each is one round trip and one indivisible decision.
-- ARGV[1] names the operation; ARGV[2] is the time in seconds, or '' for the server's own clock
-- (always, outside of tests: the clocks of the machines differ).
--
-- KEYS[1] permits  sorted set: holder -> when its lease ends. A holder's name tells all about it:
--                  lane|office|started|in flight at its start|a random part
-- KEYS[2] held     sorted set: a refused call -> until when its place stays taken, unless the learner
--                  looks at the refusal before
-- KEYS[3] state    hash: what the learner decided, what an administrator decided, counters
-- KEYS[4] seen     list: answers that the learner has not looked at
-- KEYS[5] turns    hash: how many turns each lane and office had (virtual time)
-- KEYS[6] waiting  sorted set per lane, and one of the lanes: who was turned away and is coming back
-- KEYS[7] history  list: a line a second, for the charts
--
-- No operation costs more when more callers wait: callers are not stored, only the lanes and the
-- offices that have some.

local permits, held, state, seen, turns, waiting, history =
  KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7]
local operation = ARGV[1]

local now
if ARGV[2] == '' then
  local time = redis.call('TIME')
  now = tonumber(time[1]) + tonumber(time[2]) / 1000000
else
  now = tonumber(ARGV[2])
end

local SEEN_MOST = 5000     -- answers kept for a learner that does not come; older ones tell nothing new
local BATCH = 1000         -- answers looked at in one go: a tick must stay short
local REAP = 50            -- leases given back per call: bounded cost also after a mass death
local SLACK = 2            -- turns that one may be ahead of another that waits; with less, places
                           -- stand empty while the other is still on its way
local COMES_BACK = 0.3     -- seconds by which a caller may be late before others need not wait for it
local HINT_MOST = 10       -- seconds; nobody is sent further away for want of a place
local HISTORY_MOST = 3600  -- lines; an hour of seconds

local function number(value, default)
  return tonumber(value or '') or default
end

local function text(value)
  return string.format('%.6f', value)
end

local function read(...)
  local names, got, out = {...}, redis.call('HMGET', state, ...), {}
  for place, name in ipairs(names) do out[name] = got[place] or '' end
  return out
end

local function look(observation)
  redis.call('RPUSH', seen, observation)
  redis.call('LTRIM', seen, -SEEN_MOST, -1)
end

-- A dead holder's lease comes back. It says nothing about the centre.
local function reap()
  for _, holder in ipairs(redis.call('ZRANGEBYSCORE', permits, '-inf', now, 'LIMIT', 0, REAP)) do
    redis.call('ZREM', permits, holder)
    redis.call('HINCRBY', state, 'expired', 1)
    look(holder .. '|expired|0|' .. text(now) .. '|')
  end
  redis.call('ZREMRANGEBYSCORE', held, '-inf', now)
end

-- When it is time, hand the learner what it needs: the answers, who is still out, its own state.
local function lesson()
  local s = read('tick_at', 'tick_every', 'version', 'learner', 'turned_away', 'ceiling')
  if now < number(s.tick_at, 0) then return {} end
  -- Whoever gets the lesson has this long to write; then another may try.
  redis.call('HSET', state, 'tick_at', text(now + number(s.tick_every, 0.25)))
  return {
    text(now), s.version, s.learner, s.turned_away, s.ceiling,
    redis.call('LRANGE', seen, 0, BATCH - 1), redis.call('ZRANGE', permits, 0, -1),
  }
end

-- Turns. A lane pays for a start with the time that its calls take, an office with one turn; both by
-- their weight. Whoever waits with fewer turns goes first; where nobody waits, anyone may take all.

local function turn_of(group, name)
  local floor = number(redis.call('HGET', turns, group), 0) - SLACK  -- absence earns no credit
  return math.max(number(redis.call('HGET', turns, group .. ':' .. name), floor), floor)
end

local function must_wait(group, name)
  local key = waiting .. ':' .. group
  while true do
    local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
    if not first[1] then return false end
    local until_when = number(redis.call('HGET', turns, group .. '?' .. first[1]), 0)
    if until_when >= now then
      return first[1] ~= name and turn_of(group, name) > number(first[2], 0) + SLACK
    end
    redis.call('ZREM', key, first[1])
  end
end

local function take_turn(group, name, price)
  local turn = turn_of(group, name)
  redis.call('HSET', turns, group .. ':' .. name, text(turn + price), group, text(turn))
  redis.call('ZREM', waiting .. ':' .. group, name)
end

local function expect_back(group, name, when)
  redis.call('ZADD', waiting .. ':' .. group, turn_of(group, name), name)
  redis.call('HSET', turns, group .. '?' .. name, text(when + COMES_BACK))
end

-- Whoever is turned away learns when to come back: at a time of its own, as many a second as places
-- are expected to become free, so that no crowd comes at once and nobody needs to ask in between.
local function hint(lane, office, gap)
  local group = 'office:' .. lane
  local sharing = math.max(1, redis.call('ZCARD', waiting .. ':' .. group))
  local key = group .. '!' .. office
  local cursor = math.max(number(redis.call('HGET', turns, key), 0), now) + gap * sharing
  cursor = math.min(cursor, now + HINT_MOST)
  redis.call('HSET', turns, key, text(cursor))
  expect_back('lane', lane, cursor)
  expect_back(group, office, cursor)
  redis.call('HINCRBY', state, 'turned_away', 1)
  return cursor - now
end

local function busy_places()
  return redis.call('ZCARD', permits) + redis.call('ZCARD', held)
end

local function most_places(s)
  local most = math.floor(number(s.limit, 1) + 0.0001)
  return math.max(0, math.min(most, number(s.ceiling, most)))
end

-- acquire: lane, office, random part, lease, lane's weight, office's weight
-- returns 1, now, holder, lesson  or  0, seconds, why, lesson
local function acquire()
  local lane, office, random, lease = ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6])
  local lane_weight, office_weight = tonumber(ARGV[7]), tonumber(ARGV[8])
  reap()
  local s = read('limit', 'ceiling', 'mode', 'shut_until', 'probe_at', 'probe_gap', 'spacing', 'burst',
    'next_start', 'gap', 'paused', 'mean', 'mean:' .. lane)
  if s.paused ~= '' then return {0, '60', 'paused', {}} end
  local shut = number(s.shut_until, 0)
  if now < shut then return {0, text(shut - now), s.mode, lesson()} end
  local probing = s.mode == 'outage'
  if probing then
    local probe_at = number(s.probe_at, 0)
    if now < probe_at then return {0, text(probe_at - now), 'outage', lesson()} end
    if number(s.ceiling, 1) < 1 then return {0, '60', 'full', {}} end
    -- The next probe is far away even if nobody lives to tell how this one ended.
    redis.call('HSET', state, 'probe_at', text(now + number(s.probe_gap, 30)), 'probed_at', text(now))
  else
    local gap = number(s.gap, 0.1)
    if busy_places() >= most_places(s) then
      return {0, text(hint(lane, office, gap)), 'full', lesson()}
    end
    local spacing, next_start = number(s.spacing, 0), number(s.next_start, 0)
    if spacing > 0 and now < next_start then
      return {0, text(hint(lane, office, math.max(spacing, next_start - now))), 'paced', lesson()}
    end
    if must_wait('lane', lane) or must_wait('office:' .. lane, office) then
      return {0, text(hint(lane, office, gap)), 'turn', lesson()}
    end
    if spacing > 0 then
      local earliest = now - spacing * number(s.burst, 1)
      redis.call('HSET', state, 'next_start', text(math.max(next_start, earliest) + spacing))
    end
    local mean = number(s.mean, 0)
    local price = 1
    if spacing == 0 and mean > 0 then price = number(s['mean:' .. lane], mean) / mean end
    take_turn('lane', lane, price / lane_weight)
    take_turn('office:' .. lane, office, 1 / office_weight)
  end
  local holder = table.concat({lane, office, text(now), redis.call('ZCARD', permits) + 1, random}, '|')
  redis.call('ZADD', permits, text(now + lease), holder)
  redis.call('HINCRBY', state, 'offered', 1)
  return {1, text(now), holder, lesson()}
end

-- settle: holder, word, seconds, until when a refused call may not be repeated, timed out (1 or 0)
-- returns 1 (0: the lease had gone, the answer is not counted), lesson
local function settle()
  local holder, word, seconds, opens_at, timed_out = ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7] == '1'
  reap()
  if redis.call('ZREM', permits, holder) == 0 then
    redis.call('HINCRBY', state, 'late', 1)
    return {0, {}}
  end
  if word == 'dropped' then
    redis.call('HINCRBY', state, timed_out and 'timed_out' or 'refused', 1)
    redis.call('HSET', state, 'dropped_at', text(now), 'tick_at', '0')
    if not timed_out then
      redis.call('ZADD', held, text(now + number(redis.call('HGET', state, 'hold'), 1)), holder)
    end
    word = timed_out and 'timed_out' or 'refused'
  elseif word == 'closed' then
    redis.call('HINCRBY', state, 'closed', 1)
    redis.call('HSET', state, 'tick_at', '0')
  elseif word == 'ok' then
    redis.call('HINCRBY', state, 'served', 1)
    local lane = string.match(holder, '^[^|]*')
    local s = read('mean', 'mean:' .. lane)
    local took = tonumber(seconds)
    local function follow(old) return text(number(old, took) * 0.95 + took * 0.05) end -- last ~20 answers
    redis.call('HSET', state, 'mean', follow(s.mean), 'mean:' .. lane, follow(s['mean:' .. lane]))
  else
    redis.call('HINCRBY', state, 'ignored', 1)
  end
  look(table.concat({holder, word, seconds, text(now), opens_at}, '|'))
  return {1, lesson()}
end

-- learn: version, answers looked at, history line or '', then fields and values
-- returns 1, or 0 when another has learned in between
local function learn()
  if redis.call('HGET', state, 'version') ~= ARGV[3] and not (ARGV[3] == '' and
      redis.call('HEXISTS', state, 'version') == 0) then
    return 0
  end
  redis.call('LTRIM', seen, tonumber(ARGV[4]), -1)
  redis.call('DEL', held)  -- the refusals in it are part of the new limit now
  if ARGV[5] ~= '' then
    redis.call('RPUSH', history, ARGV[5])
    redis.call('LTRIM', history, -HISTORY_MOST, -1)
  end
  redis.call('HINCRBY', state, 'version', 1)
  local pairs_of = {}
  for place = 6, #ARGV do pairs_of[#pairs_of + 1] = ARGV[place] end
  redis.call('HSET', state, unpack(pairs_of))
  return 1
end

-- room: returns the places that are free
local function room()
  reap()
  local s = read('limit', 'ceiling', 'mode', 'shut_until', 'probe_at', 'paused', 'spacing', 'next_start')
  if s.paused ~= '' or now < number(s.shut_until, 0) then return 0 end
  if s.mode == 'outage' then return now < number(s.probe_at, 0) and 0 or math.min(1, number(s.ceiling, 1)) end
  return math.max(0, most_places(s) - busy_places())
end

-- look: returns now, in flight, the whole state
local function snapshot()
  reap()
  return {text(now), redis.call('ZCARD', permits), redis.call('HGETALL', state)}
end

local operations = {acquire = acquire, settle = settle, learn = learn, room = room, snapshot = snapshot}
return operations[operation]()
