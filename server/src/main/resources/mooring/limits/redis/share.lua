-- One node's share of one limit: takes its claim for what it has, and grants what is free.
--
-- What all nodes hold together never exceeds the limit. A node that falls silent is gone after
-- SILENT_MS; what it may have used counts for 60 seconds more, or until the day's end. After the
-- loss of this memory nobody gets more than he claims, until every node has claimed or each can
-- have its own part.
--
-- KEYS: 1 the marker, 2 the limit
-- ARGV: 1 memory, 2 node, 3 time in ms or empty, 4 limit, 5 held, 6 when single uses leave (ms from
--       now, by comma), 7 used, 8 wanted, 9 exact 1 or 0, 10 kind (c, w, d), 11 ms to the day's
--       end, 12 what the books say of the day, or empty
-- Answers: granted, target, used by others, free, ms until another's use leaves, asks for the books;
-- or -1 alone when the memory is another one
local SILENT_MS = 8000
local SETTLING_MS = 9000
local SPAN_MS = 60000

local now = tonumber(ARGV[3])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local marker = redis.call('HMGET', KEYS[1], 'memory', 'since', 'known', 'open')
if marker[1] ~= ARGV[1] then
  return {-1}
end
local me = ARGV[2]
local limit = tonumber(ARGV[4])
local held = tonumber(ARGV[5])
local used = tonumber(ARGV[7])
local wanted = tonumber(ARGV[8])
local exact = ARGV[9] == '1'
local kind = ARGV[10]

if redis.call('HGET', KEYS[2], 'memory') ~= ARGV[1] then
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[2], 'memory', ARGV[1])
end

local function text(number)
  return string.format('%.0f', number)
end

local leave = {}
for each in string.gmatch(ARGV[6], '%d+') do
  leave[#leave + 1] = text(now + 1 + tonumber(each))
end
local claimed = held + #leave

local others = 0
local othersUsed = 0
local frees = -1
local gone = 0
local wants = {{wanted, me}}
local all = redis.call('HGETALL', KEYS[2])
for i = 1, #all, 2 do
  local node = string.match(all[i], '^n:(.*)$')
  if node and node ~= me then
    local til, itsHeld, itsUsed, itsWanted, list =
      string.match(all[i + 1], '^(%d+);(%d+);(%d+);(%d+);(.*)$')
    til = tonumber(til)
    local single = 0
    for each in string.gmatch(list, '%d+') do
      local left = tonumber(each) - now
      if left > 0 then
        single = single + 1
        if frees < 0 or left < frees then
          frees = left
        end
      end
    end
    local its = tonumber(itsHeld) + single
    if til > now then
      others = others + its
      othersUsed = othersUsed + (list ~= '' and single or tonumber(itsUsed))
      wants[#wants + 1] = {tonumber(itsWanted), node}
    elseif kind == 'c' or (kind == 'w' and til + SPAN_MS <= now) then
      redis.call('HDEL', KEYS[2], all[i])
    else
      others = others + its
      othersUsed = othersUsed + its
      gone = gone + its
    end
  end
end

local base = 0
local asks = 0
if kind == 'd' then
  base = redis.call('HGET', KEYS[2], 'base')
  if not base and ARGV[12] ~= '' then
    -- What the nodes here used themselves is in the books as well.
    base = math.max(0, tonumber(ARGV[12]) - used - othersUsed)
    redis.call('HSET', KEYS[2], 'base', text(base))
  end
  if base then
    base = tonumber(base)
  else
    base = 0
    asks = 1
  end
end

-- Who wants less than an even part gets that; the others share what is left.
local target = wanted
if not exact then
  table.sort(wants, function(a, b)
    if a[1] ~= b[1] then
      return a[1] < b[1]
    end
    return a[2] < b[2]
  end)
  local rest = math.max(0, limit - base - gone)
  for i = 1, #wants do
    local part = math.min(wants[i][1], math.floor(rest / (#wants - i + 1)))
    rest = rest - part
    if wants[i][2] == me then
      target = part
    end
  end
end

local free = limit - base - others - claimed
local grant = math.max(0, math.min(math.min(wanted, target) - claimed, free))
if not marker[4] then
  if now - tonumber(marker[2]) < SETTLING_MS then
    grant = 0
  else
    grant = math.min(grant, math.max(0, math.floor(limit / tonumber(marker[3])) - claimed))
  end
end
redis.call('HSET', KEYS[2], 'n:' .. me, text(now + SILENT_MS) .. ';' .. text(held + grant) .. ';'
  .. text(used) .. ';' .. text(wanted) .. ';' .. table.concat(leave, ','))
redis.call('PEXPIRE', KEYS[2], text(math.max(0, tonumber(ARGV[11])) + 180000))
return {grant, target, othersUsed + base, math.max(0, free - grant), frees, asks}
