"""What Redis runs for ``ingestion.crawl.politeness``. Times are whole microseconds by its own clock.

``slots`` is a sorted set of leases by their end. ``state`` is a hash: ``last``, the beginning of the last
request; ``hold``, the end of the hold; ``refusals``, how many in a row. Both keys expire by themselves.
"""

_CLOCK = """
local function now_us()
    local t = redis.call('TIME')
    return tonumber(t[1]) * 1000000 + tonumber(t[2])
end
local function whole(n) return string.format('%.0f', n) end
local function keep(key, us)
    local ms = math.ceil(us / 1000) + 60000
    if redis.call('PTTL', key) < ms then redis.call('PEXPIRE', key, whole(ms)) end
end
local function field(key, name) return tonumber(redis.call('HGET', key, name) or '0') or 0 end
"""

# KEYS: slots, state. ARGV: lease, connections, delay, length of the lease, wait where all are taken.
# Returns {0, now} with a slot, else {reason, wait}. A last request in the future (the clock was put back)
# counts as one of now.
TAKE = f"""{_CLOCK}
local slots, state = KEYS[1], KEYS[2]
local connections, delay = tonumber(ARGV[2]), tonumber(ARGV[3])
local lease, busy = tonumber(ARGV[4]), tonumber(ARGV[5])
local now = now_us()
local hold = field(state, 'hold')
if hold > now then return {{1, hold - now}} end
redis.call('ZREMRANGEBYSCORE', slots, '-inf', whole(now))
local rest = 0
local last = math.min(field(state, 'last'), now)
if last > 0 then rest = last + delay - now end
if redis.call('ZCARD', slots) >= connections then
    local first = tonumber(redis.call('ZRANGE', slots, 0, 0, 'WITHSCORES')[2])
    return {{2, math.max(rest, math.min(busy, first - now), 1)}}
end
if rest > 0 then return {{3, rest}} end
redis.call('ZADD', slots, whole(now + lease), ARGV[1])
keep(slots, lease)
redis.call('HSET', state, 'last', whole(now))
keep(state, delay)
return {{0, now}}
"""

# KEYS: slots. ARGV: lease, its length. Returns whether the lease stood. One that was lost counts again, since
# the connection is there.
RENEW = f"""{_CLOCK}
local now, length = now_us(), tonumber(ARGV[2])
local stood = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or '0') > now
redis.call('ZADD', KEYS[1], whole(now + length), ARGV[1])
keep(KEYS[1], length)
return stood and 1 or 0
"""

# KEYS: state. ARGV: length asked for or -1, length after the first refusal, longest without being asked.
# Returns the length of the hold. The count of refusals outlives the hold by as much as the longest one.
HOLD_OFF = f"""{_CLOCK}
local state = KEYS[1]
local given, first, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local now = now_us()
local hold = math.max(field(state, 'hold'), now)
if hold == now then redis.call('HINCRBY', state, 'refusals', 1) end
if given < 0 then
    given = math.min(longest, first * 2 ^ math.min(field(state, 'refusals') - 1, 40))
    if hold > now then given = 0 end
end
hold = math.max(hold, now + given)
redis.call('HSET', state, 'hold', whole(hold))
keep(state, hold - now + longest)
return hold - now
"""

# KEYS: state.
WENT_WELL = f"""{_CLOCK}
if field(KEYS[1], 'hold') <= now_us() then redis.call('HDEL', KEYS[1], 'refusals', 'hold') end
return 1
"""

# KEYS: state.
REST_OF_HOLD = f"""{_CLOCK}
return math.max(0, field(KEYS[1], 'hold') - now_us())
"""
