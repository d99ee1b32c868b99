-- Compare and set. KEYS: the family, its user's epoch, and perhaps a ticket, which is spent with it. ARGV:
-- both as they were seen, both as they are to be (empty: not there), and for how many milliseconds each is
-- kept. Answers 1 if they are as they are to be, also if an earlier copy of this very commit made them so, 0
-- if somebody came between, and nothing if there is no ticket any more.
local family = redis.call('GET', KEYS[1]) or ''
local epoch = redis.call('GET', KEYS[2]) or ''
if family == ARGV[3] and epoch == ARGV[4] then
  return 1
end
if family ~= ARGV[1] or epoch ~= ARGV[2] then
  return 0
end
if KEYS[3] and redis.call('DEL', KEYS[3]) == 0 then
  return nil
end
if ARGV[3] ~= family then
  redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[5])
end
if ARGV[4] ~= epoch then
  redis.call('SET', KEYS[2], ARGV[4], 'PX', ARGV[6])
elseif epoch ~= '' and redis.call('PTTL', KEYS[2]) < tonumber(ARGV[6]) then
  -- A family that ended because the epoch moved must not outlive the memory of that.
  redis.call('PEXPIRE', KEYS[2], ARGV[6])
end
return 1
