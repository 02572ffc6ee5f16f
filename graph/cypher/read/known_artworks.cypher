// Which of some ids are pictures.
UNWIND $ids AS id
MATCH (a:Artwork {id: id})
RETURN a.id AS id
