// The one script through which every record changes: all changes of a call are checked, then all are written.

/**
 * KEYS[1] the feed (a stream). ARGV[1] key prefix. ARGV[2] feed length. ARGV[3] changes as JSON:
 * `[{noun, key, expect: "absent" | "present" | "any" | revision, value?: json text, owner?, claims: [], refs: [], requires: []}]`;
 * without `value` the record is deleted. ARGV[4] not empty: only check. Answers `["ok", revision…]` or `[error, what, …]`.
 *
 * Keys: `<noun>` hash key → "revision\njson" · `<noun>:meta` hash key → {o, c, f} · `<noun>:index` sorted keys ·
 * `<noun>:owner:<owner>` sorted keys · `claims` hash claim → noun/key · `refs:<noun>/<key>` who refers to it · `seq`.
 */
export const writeScript = `
local p, changes = ARGV[1], cjson.decode(ARGV[3])
local made, gone, claimed = {}, {}, {}
for _, c in ipairs(changes) do
  local id = c.noun .. '/' .. c.key
  if c.value then made[id] = true else gone[id] = true end
  if c.value then
    for _, claim in ipairs(c.claims) do
      if claimed[claim] then return {'claimed', claim, claimed[claim]} end
      claimed[claim] = id
    end
  end
end
for _, c in ipairs(changes) do
  local id = c.noun .. '/' .. c.key
  local current = redis.call('HGET', p .. c.noun, c.key)
  if c.expect == 'absent' then
    if current then return {'exists', id} end
  elseif c.expect ~= 'any' and not current then
    return {'missing', id}
  elseif type(c.expect) == 'number' then
    local revision = tonumber(string.match(current, '^(%d+)'))
    if revision ~= c.expect then return {'revision', id, tostring(revision)} end
  end
  if c.value then
    for _, claim in ipairs(c.claims) do
      local holder = redis.call('HGET', p .. 'claims', claim)
      if holder and holder ~= id and not gone[holder] and not made[holder] then return {'claimed', claim, holder} end
    end
    for _, list in ipairs({c.refs, c.requires}) do
      for _, ref in ipairs(list) do
        local noun, key = string.match(ref, '^([^/]+)/(.*)$')
        if not made[ref] and (gone[ref] or redis.call('HEXISTS', p .. noun, key) == 0) then return {'reference', ref} end
      end
    end
  else
    local used = {'used', id}
    for _, user in ipairs(redis.call('SMEMBERS', p .. 'refs:' .. id)) do
      if not gone[user] then used[#used + 1] = user end
    end
    if #used > 2 then return used end
  end
end
local answer = {'ok'}
if ARGV[4] ~= '' then return answer end
for _, c in ipairs(changes) do
  local id = c.noun .. '/' .. c.key
  local meta = redis.call('HGET', p .. c.noun .. ':meta', c.key)
  if meta then
    meta = cjson.decode(meta)
    for _, claim in ipairs(meta.c) do
      if redis.call('HGET', p .. 'claims', claim) == id then redis.call('HDEL', p .. 'claims', claim) end
    end
    for _, ref in ipairs(meta.f) do redis.call('SREM', p .. 'refs:' .. ref, id) end
    if meta.o ~= c.owner then redis.call('ZREM', p .. c.noun .. ':owner:' .. meta.o, c.key) end
  end
  local seq = redis.call('INCR', p .. 'seq')
  if c.value then
    redis.call('HSET', p .. c.noun, c.key, string.format('%d', seq) .. '\\n' .. c.value)
    redis.call('HSET', p .. c.noun .. ':meta', c.key, cjson.encode({o = c.owner, c = c.claims, f = c.refs}))
    redis.call('ZADD', p .. c.noun .. ':index', 0, c.key)
    redis.call('ZADD', p .. c.noun .. ':owner:' .. c.owner, 0, c.key)
    for _, claim in ipairs(c.claims) do redis.call('HSET', p .. 'claims', claim, id) end
    for _, ref in ipairs(c.refs) do redis.call('SADD', p .. 'refs:' .. ref, id) end
  else
    redis.call('HDEL', p .. c.noun, c.key)
    redis.call('HDEL', p .. c.noun .. ':meta', c.key)
    redis.call('ZREM', p .. c.noun .. ':index', c.key)
  end
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], string.format('%d-0', seq), 'noun', c.noun, 'key', c.key)
  answer[#answer + 1] = string.format('%d', seq)
end
return answer
`
