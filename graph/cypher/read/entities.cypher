// Every genre, tag and person; a row a node.
MATCH (n:Genre|Tag|Person)
RETURN head([label IN labels(n) WHERE label IN ['Genre', 'Tag', 'Person']]) AS label,
       n.id AS id, coalesce(n.name, n.id) AS name
