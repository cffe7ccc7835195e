-- Binds a voter to a choice.
-- KEYS[1] the bucket; ARGV[1] the voter's field, ARGV[2] the identity check, ARGV[3] the choice's tag.
-- Returns the entry as it was, or what leads to it, or a status: GONE, UNKNOWN, VOTED, OTHER.
local entry = redis.call('HGET', KEYS[1], ARGV[1])
if not entry then
    -- Only a bucket that the loader has finished can say who is not on the roll.
    if redis.call('HEXISTS', KEYS[1], '') == 1 then
        return redis.status_reply('UNKNOWN')
    end
    return redis.status_reply('GONE')
end
local state = string.byte(entry, 1)
if state == 3 then
    return entry
end
if string.sub(entry, 8, 15) ~= ARGV[2] then
    return redis.status_reply('UNKNOWN')
end
if state == 2 then
    return redis.status_reply('VOTED')
end
if state == 1 then
    if string.sub(entry, 16, 23) == ARGV[3] then
        return entry
    end
    return redis.status_reply('OTHER')
end
redis.call('HSET', KEYS[1], ARGV[1], '\1' .. string.sub(entry, 2, 15) .. ARGV[3])
return entry
