// Which of some ids are titles.
UNWIND $ids AS id
MATCH (t:Title {id: id})
RETURN t.id AS id
