select json_extract_path_text(payload, 'name') as name from marts.events
