-- How a feed is read where its bytes alone do not say it.

-- Only entries whose address contains this are taken.
ALTER TABLE feed_history ADD COLUMN only_part TEXT;
-- JSON: the selectors of a listing page.
ALTER TABLE feed_history ADD COLUMN listing TEXT;
