// What a batch of users did, a row some titles of one user, in lists that run parallel. It is merged
// into what an edge knows already (from an event folded in, say) and undoes none of it: what was
// said last holds and, of two things at once, the graver. What a new edge lacks is null, which is
// never larger. Begins with write/alone and goes on with write/weigh.
UNWIND $rows AS row
MATCH (u:User {id: row.user})
UNWIND range(0, size(row.titles) - 1) AS i
MATCH (t:Title {id: row.titles[i]})
MERGE (u)-[r:INTERACTED]->(t)
ON CREATE SET r.thumb_at = 0.0, r.playhead_at = 0.0
WITH r, row.thumb[i] AS thumb, row.completion[i] AS completion, toFloat(row.last_at[i]) AS at,
  // edges of older Playbills do not say when: at their newest event at the latest
  coalesce(r.thumb_at, CASE WHEN coalesce(r.thumb, 0) = 0 THEN 0.0 ELSE toFloat(r.last_at) END)
    AS thumb_at,
  CASE WHEN r.plays > row.plays[i] THEN r.plays ELSE row.plays[i] END AS plays,
  CASE WHEN r.first_at < row.first_at[i] THEN r.first_at ELSE row.first_at[i] END AS first_at,
  CASE WHEN r.last_at > row.last_at[i] THEN r.last_at ELSE row.last_at[i] END AS last_at
WITH *,
  CASE WHEN r.completion > completion THEN r.completion ELSE completion END AS furthest,
  CASE WHEN thumb IS NULL OR thumb_at > at
      OR (r.thumb_at = at AND (r.thumb + 3) % 4 > (thumb + 3) % 4) // 1, 2, -1, and gravest 0
    THEN [coalesce(r.thumb, 0), thumb_at] ELSE [thumb, at] END AS says,
  CASE WHEN completion = 0 OR coalesce(r.playhead_at, r.last_at) > at
      OR (r.playhead_at = at AND r.playhead > completion)
    THEN [r.playhead, r.playhead_at] ELSE [completion, at] END AS stands
SET r += {
  plays: plays, completion: furthest, thumb: says[0], first_at: first_at, last_at: last_at,
  thumb_at: says[1], playhead: stands[0], playhead_at: stands[1]
}
