//! The two scripts through which the count reaches Redis. Both ignore anything older than the stored value.

use std::sync::LazyLock;

use redis::Script;

/// Stores the tallies of some partitions and returns those of all.
///
/// `KEYS[1]`: `tally:{<election>}`, a hash with one field per partition; `ARGV`: partition, offset, tally as
/// JSON, and so on.
pub(super) static STORE_TALLIES: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        for i = 1, #ARGV, 3 do
            local known = redis.call('HGET', KEYS[1], ARGV[i])
            if not known or cjson.decode(known).offset < tonumber(ARGV[i + 1]) then
                redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 2])
            end
        end
        return redis.call('HVALS', KEYS[1])
        ",
    )
});

/// Stores a result and publishes it on its channel; not if it moved by some votes, but by fewer than a minimum.
///
/// `KEYS`: `results:{<election>}`, also the channel, and that with `:position`, `:offsets` and `:moved` behind; `ARGV`:
/// position, result, its offsets, votes counted and votes withdrawn, minimum. Returns 1 if it was new, 2 if it waits.
pub(super) static PUBLISH_RESULT: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local known = tonumber(redis.call('GET', KEYS[2]) or '-1')
        local position = tonumber(ARGV[1])
        if known > position then
            return 0
        end
        if known == position and redis.call('GET', KEYS[1]) == ARGV[2] then
            redis.call('SET', KEYS[3], ARGV[3])
            return 0
        end
        local before = redis.call('HMGET', KEYS[4], 'counted', 'withdrawn')
        local counted = math.abs(ARGV[4] - (tonumber(before[1] or '') or 0))
        local withdrawn = math.abs(ARGV[5] - (tonumber(before[2] or '') or 0))
        local moved = math.max(counted, withdrawn)
        if moved > 0 and moved < tonumber(ARGV[6]) then
            return 2
        end
        redis.call('SET', KEYS[1], ARGV[2])
        redis.call('SET', KEYS[2], ARGV[1])
        redis.call('SET', KEYS[3], ARGV[3])
        redis.call('HSET', KEYS[4], 'counted', ARGV[4], 'withdrawn', ARGV[5])
        redis.call('PUBLISH', KEYS[1], ARGV[2])
        return 1
        ",
    )
});
