-- Notes that a voter's vote is in the log. Who may have the ballot may have changed since it was claimed, and stays as it is.
-- KEYS[1] the bucket; ARGV[1] the voter's field, ARGV[2] the entry, for a Redis that has lost it.
local entry = redis.call('HGET', KEYS[1], ARGV[1])
if entry then
    redis.call('HSET', KEYS[1], ARGV[1], '\2' .. string.sub(entry, 2, 15))
else
    redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
end
