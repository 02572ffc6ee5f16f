// The beginning of what writes INTERACTED edges: of all that does, one transaction at a time. The
// others wait here until it ends, so what is read next is what they left, and none of it is lost.
MERGE (s:Schema {id: 'playbill'})
SET s.id = s.id // takes the lock
WITH s
