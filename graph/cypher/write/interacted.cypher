// What a batch of users did, a row some titles of one user, in lists that run parallel. It is merged
// into what an edge knows already (from an event folded in, say) and undoes none of it. What a new
// edge lacks is null, which is never larger. Goes on with write/weigh.
UNWIND $rows AS row
MATCH (u:User {id: row.user})
UNWIND range(0, size(row.titles) - 1) AS i
MATCH (t:Title {id: row.titles[i]})
MERGE (u)-[r:INTERACTED]->(t)
WITH r,
  CASE WHEN r.plays > row.plays[i] THEN r.plays ELSE row.plays[i] END AS plays,
  CASE WHEN r.completion > row.completion[i] THEN r.completion ELSE row.completion[i] END
    AS completion,
  CASE WHEN row.thumb[i] IS NULL OR r.last_at > row.last_at[i] THEN coalesce(r.thumb, 0)
    ELSE row.thumb[i] END AS thumb,
  CASE WHEN r.thumb_at IS NULL OR row.thumb[i] IS NULL OR r.last_at > row.last_at[i]
    THEN r.thumb_at ELSE toFloat(row.last_at[i]) END AS thumb_at,
  CASE WHEN r.first_at < row.first_at[i] THEN r.first_at ELSE row.first_at[i] END AS first_at,
  CASE WHEN r.last_at > row.last_at[i] THEN r.last_at ELSE row.last_at[i] END AS last_at,
  CASE WHEN row.completion[i] = 0 OR coalesce(r.playhead_at, r.last_at) > row.last_at[i]
      OR (r.playhead_at = row.last_at[i] AND r.playhead > row.completion[i])
    THEN [r.playhead, r.playhead_at] ELSE [row.completion[i], toFloat(row.last_at[i])] END AS stands
SET r += {
  plays: plays, completion: completion, thumb: thumb, first_at: first_at, last_at: last_at,
  thumb_at: thumb_at, playhead: stands[0], playhead_at: stands[1]
}
