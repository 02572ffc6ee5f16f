// What a batch of users did, as far as the edges tell what it was.
UNWIND $rows AS row
MATCH (:User {id: row.user})-[r:INTERACTED]->()
WHERE r.plays IS NOT NULL
