// What a batch of users did, as far as the edges tell what it was. Begins with write/alone and goes
// on with write/weigh.
UNWIND $rows AS row
MATCH (:User {id: row.user})-[r:INTERACTED]->()
WHERE r.plays IS NOT NULL
