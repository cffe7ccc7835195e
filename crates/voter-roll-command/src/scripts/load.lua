-- Completes one bucket of the roll; who has voted, or is about to, stays so.
-- KEYS[1] the bucket; ARGV field, entry, field, entry, …
-- Returns how many voters were missing.
local added = 0
if redis.call('EXISTS', KEYS[1]) == 0 then
    -- The usual case, in few commands: unpack cannot take any number of arguments.
    for first = 1, #ARGV, 2000 do
        local last = math.min(first + 1999, #ARGV)
        added = added + redis.call('HSET', KEYS[1], unpack(ARGV, first, last))
    end
else
    for i = 1, #ARGV, 2 do
        local present = redis.call('HGET', KEYS[1], ARGV[i])
        -- A voter who has not come yet takes over what was corrected on the roll.
        if not present or (string.byte(present, 1) == 0 and present ~= ARGV[i + 1]) then
            added = added + redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
        end
    end
end
-- The mark of a complete bucket: a field that no voter has.
redis.call('HSET', KEYS[1], '', '1')
return added
