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

/// Stores a result and publishes it on its channel.
///
/// `KEYS[1]`: `results:{<election>}`, also the channel; `KEYS[2]`: `results:{<election>}:position`; `ARGV`:
/// position, result as JSON. Returns 1 if it was new.
pub(super) static PUBLISH_RESULT: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local known = tonumber(redis.call('GET', KEYS[2]) or '-1')
        local position = tonumber(ARGV[1])
        if known > position or (known == position and redis.call('GET', KEYS[1]) == ARGV[2]) then
            return 0
        end
        redis.call('SET', KEYS[1], ARGV[2])
        redis.call('SET', KEYS[2], ARGV[1])
        redis.call('PUBLISH', KEYS[1], ARGV[2])
        return 1
        ",
    )
});
