// What a batch of users did, a row some titles of one user, in lists that run parallel. It is merged
// into what an edge knows already (from an event folded in, say) and undoes none of it; the weight
// is graph.behaviour.weight of what comes out. What a new edge lacks is null, which is never larger.
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
    THEN r.thumb_at ELSE row.last_at[i] END AS thumb_at,
  CASE WHEN r.first_at < row.first_at[i] THEN r.first_at ELSE row.first_at[i] END AS first_at,
  CASE WHEN r.last_at > row.last_at[i] THEN r.last_at ELSE row.last_at[i] END AS last_at
WITH *,
  ($started + (1 - $started) * completion) * $thumb_factor[toString(thumb)] AS watched,
  CASE WHEN r.listed AND thumb >= 0 THEN $listed ELSE 0.0 END AS on_list
SET r += {
  plays: plays, completion: completion, thumb: thumb, first_at: first_at, last_at: last_at,
  thumb_at: thumb_at,
  weight: CASE
    WHEN r.hidden THEN 0.0
    WHEN plays = 0 AND completion = 0 AND thumb > 0 THEN $thumb_factor[toString(thumb)]
    WHEN plays = 0 AND completion = 0 THEN on_list
    WHEN r.abandons > 0 AND completion < $early AND thumb <= 0 THEN 0.0
    WHEN watched < on_list THEN on_list
    ELSE watched
  END
}
