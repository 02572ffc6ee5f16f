// What a batch of users did, as far as the edges tell what it was. Goes on with write/weigh.
UNWIND $rows AS row
MATCH (:User {id: row.user})-[r:INTERACTED]->()
WHERE r.plays IS NOT NULL
SET r.weight = r.weight // takes the lock, so that what is read next is what others left
