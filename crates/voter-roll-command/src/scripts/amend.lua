-- Gives a voter's ballot to whom the roll says now, in one step: nobody else gets it from here on. Who has voted, or is
-- bound to a choice, stays so.
-- KEYS[1] the bucket; ARGV[1] the voter's field, ARGV[2] the district, ARGV[3] the identity check.
-- Returns DONE; ABSENT where the roll in Redis is without the voter; GONE where Redis has lost the bucket.
local entry = redis.call('HGET', KEYS[1], ARGV[1])
if not entry then
    if redis.call('HEXISTS', KEYS[1], '') == 1 then
        return redis.status_reply('ABSENT')
    end
    return redis.status_reply('GONE')
end
-- A ballot that may be in the log already keeps the district that it has there.
local district = ARGV[2]
if string.byte(entry, 1) ~= 0 then
    district = string.sub(entry, 2, 3)
end
local amended = string.sub(entry, 1, 1) .. district .. string.sub(entry, 4, 7) .. ARGV[3] .. string.sub(entry, 16)
if amended ~= entry then
    redis.call('HSET', KEYS[1], ARGV[1], amended)
end
return redis.status_reply('DONE')
