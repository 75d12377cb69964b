-- A node says that it is alive. Answers with the name of what is remembered here, how many nodes
-- are alive, and this one's rank among them.
--
-- KEYS: 1 the marker
-- ARGV: 1 the server's run id, 2 the node, 3 the time in ms or empty, 4 how many nodes it knows,
--       5 the memory in which all its claims are
local SILENT_MS = 8000
-- From here on nothing that was used before the loss lies within 60 seconds.
local FORGOTTEN_MS = 70000

local now = tonumber(ARGV[3])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local me = ARGV[2]
local known = tonumber(ARGV[4])
local memory = redis.call('HGET', KEYS[1], 'memory')
if not memory or redis.call('HGET', KEYS[1], 'run') ~= ARGV[1] then
  redis.call('DEL', KEYS[1])
  memory = ARGV[1] .. ':' .. string.format('%.0f', now) .. ':' .. me
  redis.call('HSET', KEYS[1], 'memory', memory, 'run', ARGV[1],
    'since', string.format('%.0f', now), 'known', known)
end
redis.call('HSET', KEYS[1], 'n:' .. me, string.format('%.0f', now))
if ARGV[5] == memory then
  redis.call('HSET', KEYS[1], 'd:' .. me, '1')
end
local alive = {}
local claimed = 0
local open = redis.call('HGET', KEYS[1], 'open')
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local kind, node = string.match(all[i], '^([nd]):(.*)$')
  if kind == 'd' then
    claimed = claimed + 1
  elseif kind == 'n' then
    if tonumber(all[i + 1]) + SILENT_MS > now then
      alive[#alive + 1] = node
    elseif open then
      redis.call('HDEL', KEYS[1], all[i], 'd:' .. node)
    end
  end
end
if not open then
  known = math.max(known, tonumber(redis.call('HGET', KEYS[1], 'known')))
  redis.call('HSET', KEYS[1], 'known', known)
  local since = tonumber(redis.call('HGET', KEYS[1], 'since'))
  if claimed >= known or now - since > FORGOTTEN_MS then
    redis.call('HSET', KEYS[1], 'open', '1')
  end
end
table.sort(alive)
local rank = 0
for i = 1, #alive do
  if alive[i] == me then
    rank = i - 1
  end
end
return {memory, #alive, rank}
