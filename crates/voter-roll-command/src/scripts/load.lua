-- Completes one bucket of the roll; who has voted, or is about to, stays so.
-- KEYS[1] the bucket; ARGV field, entry, field, entry, …: ballots, and what leads to them.
-- Returns how many ballots were missing; -1, and changes nothing, where a ballot there has another serial.
local function is_ballot(entry)
    return string.byte(entry, 1) ~= 3
end

local added = 0
if redis.call('EXISTS', KEYS[1]) == 0 then
    -- The usual case, in few commands: unpack cannot take any number of arguments.
    for first = 1, #ARGV, 2000 do
        local last = math.min(first + 1999, #ARGV)
        redis.call('HSET', KEYS[1], unpack(ARGV, first, last))
    end
    for i = 2, #ARGV, 2 do
        if is_ballot(ARGV[i]) then
            added = added + 1
        end
    end
else
    local present = {}
    for i = 1, #ARGV, 2 do
        local entry = redis.call('HGET', KEYS[1], ARGV[i])
        present[i] = entry
        if entry and is_ballot(entry) and string.sub(entry, 4, 7) ~= string.sub(ARGV[i + 1], 4, 7) then
            return -1
        end
    end
    for i = 1, #ARGV, 2 do
        local entry, wanted = present[i], ARGV[i + 1]
        if entry and (string.byte(entry, 1) == 1 or string.byte(entry, 1) == 2) then
            -- Who may have the ballot is as the roll says now; whether it was cast is as it was.
            wanted = string.sub(entry, 1, 7) .. string.sub(wanted, 8, 15) .. string.sub(entry, 16)
        end
        if entry ~= wanted then
            redis.call('HSET', KEYS[1], ARGV[i], wanted)
            if not entry and is_ballot(wanted) then
                added = added + 1
            end
        end
    end
end
-- The mark of a complete bucket: a field that no voter has.
redis.call('HSET', KEYS[1], '', '1')
return added
