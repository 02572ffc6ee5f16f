// What a batch of users did, a row some titles of one user, in lists that run parallel. An edge that
// knows of something newer (an event folded in since) is left as it is.
UNWIND $rows AS row
MATCH (u:User {id: row.user})
UNWIND range(0, size(row.titles) - 1) AS i
MATCH (t:Title {id: row.titles[i]})
WITH u, t, {
  weight: row.weight[i], plays: row.plays[i], completion: row.completion[i], thumb: row.thumb[i],
  first_at: row.first_at[i], last_at: row.last_at[i]
} AS said
MERGE (u)-[r:INTERACTED]->(t)
ON CREATE SET r = said
ON MATCH SET r += CASE WHEN r.last_at > said.last_at THEN {} ELSE said END
