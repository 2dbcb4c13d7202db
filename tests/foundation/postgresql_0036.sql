CREATE TABLE accepted_findings (
	fingerprint VARCHAR COLLATE "C" NOT NULL, 
	place VARCHAR COLLATE "C" NOT NULL, 
	cause VARCHAR COLLATE "C" NOT NULL, 
	by VARCHAR COLLATE "C" NOT NULL, 
	at VARCHAR COLLATE "C" NOT NULL, 
	CONSTRAINT pk_accepted_findings PRIMARY KEY (fingerprint)
);

CREATE TABLE adoptions (
	number SERIAL NOT NULL, 
	at VARCHAR COLLATE "C" NOT NULL, 
	by VARCHAR COLLATE "C" NOT NULL, 
	because VARCHAR COLLATE "C", 
	before VARCHAR COLLATE "C" NOT NULL, 
	ground VARCHAR COLLATE "C" NOT NULL, 
	unknown_until VARCHAR COLLATE "C", 
	subscribers INTEGER, 
	CONSTRAINT pk_adoptions PRIMARY KEY (number)
);

CREATE TABLE allowances (
	hash VARCHAR COLLATE "C" NOT NULL, 
	"left" FLOAT NOT NULL, 
	since FLOAT NOT NULL, 
	full_at FLOAT NOT NULL, 
	CONSTRAINT pk_allowances PRIMARY KEY (hash)
);

CREATE TABLE choices (
	number SERIAL NOT NULL, 
	newsletter VARCHAR COLLATE "C" NOT NULL, 
	audiences VARCHAR COLLATE "C" NOT NULL, 
	language VARCHAR COLLATE "C" NOT NULL, 
	CONSTRAINT pk_choices PRIMARY KEY (number), 
	CONSTRAINT uq_choices_newsletter UNIQUE (newsletter, audiences, language)
);

CREATE TABLE editions (
	number SERIAL NOT NULL, 
	newsletter VARCHAR COLLATE "C" NOT NULL, 
	kind VARCHAR COLLATE "C" NOT NULL, 
	period VARCHAR COLLATE "C" NOT NULL, 
	revision INTEGER NOT NULL, 
	state VARCHAR COLLATE "C" NOT NULL, 
	fingerprint VARCHAR COLLATE "C", 
	built_at VARCHAR COLLATE "C", 
	covers_to_end INTEGER NOT NULL, 
	approved_by VARCHAR COLLATE "C", 
	approved_at VARCHAR COLLATE "C", 
	approved_as VARCHAR COLLATE "C", 
	approved_code VARCHAR COLLATE "C", 
	left_out VARCHAR COLLATE "C", 
	withheld VARCHAR COLLATE "C", 
	accepted VARCHAR COLLATE "C", 
	sealed_at VARCHAR COLLATE "C", 
	sending_at VARCHAR COLLATE "C", 
	finished_at VARCHAR COLLATE "C", 
	window_start VARCHAR COLLATE "C" NOT NULL, 
	window_end VARCHAR COLLATE "C" NOT NULL, 
	because VARCHAR COLLATE "C", 
	readers VARCHAR COLLATE "C", 
	made_up INTEGER DEFAULT '0' NOT NULL, 
	occasion VARCHAR COLLATE "C", 
	sender VARCHAR COLLATE "C", 
	route VARCHAR COLLATE "C", 
	supplement VARCHAR COLLATE "C", 
	CONSTRAINT pk_editions PRIMARY KEY (number), 
	CONSTRAINT ck_editions_state CHECK (state IN ('draft', 'sealed', 'sending', 'finished', 'skipped', 'missed', 'expired')), 
	CONSTRAINT uq_editions_newsletter UNIQUE (newsletter, period, revision)
);

CREATE TABLE erasures (
	hash VARCHAR COLLATE "C" NOT NULL, 
	at VARCHAR COLLATE "C" NOT NULL, 
	by VARCHAR COLLATE "C" NOT NULL, 
	CONSTRAINT pk_erasures PRIMARY KEY (hash)
);

CREATE TABLE files_read (
	source VARCHAR COLLATE "C" NOT NULL, 
	file VARCHAR COLLATE "C" NOT NULL, 
	fingerprint VARCHAR COLLATE "C" NOT NULL, 
	reader VARCHAR COLLATE "C" NOT NULL, 
	brought VARCHAR COLLATE "C", 
	CONSTRAINT pk_files_read PRIMARY KEY (source, file)
);

CREATE TABLE forgetting (
	one INTEGER NOT NULL, 
	CONSTRAINT pk_forgetting PRIMARY KEY (one), 
	CONSTRAINT ck_forgetting_one CHECK (one = 1)
);

CREATE TABLE incoming (
	fingerprint VARCHAR COLLATE "C" NOT NULL, 
	kind VARCHAR COLLATE "C" NOT NULL, 
	read_at VARCHAR COLLATE "C" NOT NULL, 
	forward VARCHAR COLLATE "C", 
	CONSTRAINT pk_incoming PRIMARY KEY (fingerprint)
);

CREATE TABLE instance (
	id VARCHAR COLLATE "C" NOT NULL, 
	commits BIGINT NOT NULL, 
	machine VARCHAR COLLATE "C", 
	place VARCHAR COLLATE "C", 
	folder VARCHAR COLLATE "C", 
	copied_at VARCHAR COLLATE "C", 
	journal_fingerprint VARCHAR COLLATE "C", 
	journal_bytes BIGINT, 
	journal_commit BIGINT, 
	subscribers INTEGER, 
	CONSTRAINT pk_instance PRIMARY KEY (id)
);

CREATE TABLE items (
	id VARCHAR COLLATE "C" NOT NULL, 
	story_id VARCHAR COLLATE "C" NOT NULL, 
	source VARCHAR COLLATE "C" NOT NULL, 
	published_on VARCHAR COLLATE "C" NOT NULL, 
	language VARCHAR COLLATE "C" NOT NULL, 
	withdrawn INTEGER NOT NULL, 
	content VARCHAR COLLATE "C" NOT NULL, 
	date_state VARCHAR COLLATE "C" DEFAULT 'unseen' NOT NULL, 
	CONSTRAINT pk_items PRIMARY KEY (id)
);

CREATE INDEX ix_items_date_state ON items (date_state);

CREATE INDEX ix_items_source ON items (source);

CREATE INDEX ix_items_story_id ON items (story_id);

CREATE TABLE journalled (
	edition VARCHAR COLLATE "C" NOT NULL, 
	delivery VARCHAR COLLATE "C" NOT NULL, 
	kind VARCHAR COLLATE "C" NOT NULL, 
	CONSTRAINT pk_journalled PRIMARY KEY (edition, delivery)
);

CREATE TABLE judgements (
	one VARCHAR COLLATE "C" NOT NULL, 
	other VARCHAR COLLATE "C" NOT NULL, 
	same INTEGER NOT NULL, 
	by VARCHAR COLLATE "C" NOT NULL, 
	at VARCHAR COLLATE "C" NOT NULL, 
	CONSTRAINT pk_judgements PRIMARY KEY (one, other)
);

CREATE TABLE newsletters (
	name VARCHAR COLLATE "C" NOT NULL, 
	started_on VARCHAR COLLATE "C" NOT NULL, 
	CONSTRAINT pk_newsletters PRIMARY KEY (name)
);

CREATE TABLE pages_asked (
	url VARCHAR COLLATE "C" NOT NULL, 
	asked_at VARCHAR COLLATE "C" NOT NULL, 
	trouble VARCHAR COLLATE "C", 
	answered_at VARCHAR COLLATE "C", 
	CONSTRAINT pk_pages_asked PRIMARY KEY (url)
);

CREATE TABLE pictures (
	name VARCHAR COLLATE "C" NOT NULL, 
	kind VARCHAR COLLATE "C" NOT NULL, 
	width INTEGER NOT NULL, 
	height INTEGER NOT NULL, 
	data BYTEA NOT NULL, 
	CONSTRAINT pk_pictures PRIMARY KEY (name)
);

CREATE TABLE releases (
	edition VARCHAR COLLATE "C" NOT NULL, 
	at VARCHAR COLLATE "C" NOT NULL, 
	by VARCHAR COLLATE "C" NOT NULL, 
	because VARCHAR COLLATE "C", 
	CONSTRAINT pk_releases PRIMARY KEY (edition)
);

CREATE TABLE runs (
	number SERIAL NOT NULL, 
	began_at VARCHAR COLLATE "C" NOT NULL, 
	last_at VARCHAR COLLATE "C" NOT NULL, 
	times INTEGER NOT NULL, 
	exit_code INTEGER, 
	rehearsed INTEGER NOT NULL, 
	inputs VARCHAR COLLATE "C" NOT NULL, 
	done VARCHAR COLLATE "C" NOT NULL, 
	trouble VARCHAR COLLATE "C" NOT NULL, 
	CONSTRAINT pk_runs PRIMARY KEY (number)
);

CREATE TABLE source_memories (
	source VARCHAR COLLATE "C" NOT NULL, 
	memory VARCHAR COLLATE "C" NOT NULL, 
	document BYTEA NOT NULL, 
	CONSTRAINT pk_source_memories PRIMARY KEY (source)
);

CREATE TABLE subscribers (
	number SERIAL NOT NULL, 
	public_id VARCHAR COLLATE "C" NOT NULL, 
	address VARCHAR COLLATE "C" NOT NULL, 
	folded VARCHAR COLLATE "C" NOT NULL, 
	name VARCHAR COLLATE "C", 
	suppressed_at VARCHAR COLLATE "C", 
	CONSTRAINT pk_subscribers PRIMARY KEY (number), 
	CONSTRAINT uq_subscribers_public_id UNIQUE (public_id), 
	CONSTRAINT uq_subscribers_folded UNIQUE (folded)
);

CREATE TABLE answers (
	edition INTEGER NOT NULL, 
	part VARCHAR COLLATE "C" NOT NULL, 
	fingerprint VARCHAR COLLATE "C" NOT NULL, 
	approved INTEGER NOT NULL, 
	by VARCHAR COLLATE "C" NOT NULL, 
	at VARCHAR COLLATE "C" NOT NULL, 
	because VARCHAR COLLATE "C", 
	answered_as VARCHAR COLLATE "C", 
	CONSTRAINT pk_answers PRIMARY KEY (edition, part), 
	CONSTRAINT fk_answers_edition FOREIGN KEY(edition) REFERENCES editions (number)
);

CREATE TABLE as_approved (
	edition INTEGER NOT NULL, 
	fingerprint VARCHAR COLLATE "C" NOT NULL, 
	by VARCHAR COLLATE "C" NOT NULL, 
	at VARCHAR COLLATE "C" NOT NULL, 
	CONSTRAINT pk_as_approved PRIMARY KEY (edition), 
	CONSTRAINT fk_as_approved_edition FOREIGN KEY(edition) REFERENCES editions (number) ON DELETE CASCADE
);

CREATE TABLE carried_over (
	newsletter VARCHAR COLLATE "C" NOT NULL, 
	item_id VARCHAR COLLATE "C" NOT NULL, 
	edition INTEGER NOT NULL, 
	standing VARCHAR COLLATE "C" NOT NULL, 
	CONSTRAINT pk_carried_over PRIMARY KEY (newsletter, item_id), 
	CONSTRAINT fk_carried_over_edition FOREIGN KEY(edition) REFERENCES editions (number), 
	CONSTRAINT ck_carried_over_standing CHECK (standing IN ('waits', 'missed', 'moved'))
);

CREATE INDEX ix_carried_over_edition ON carried_over (edition);

CREATE TABLE carried_pictures (
	edition INTEGER NOT NULL, 
	picture VARCHAR COLLATE "C" NOT NULL, 
	data BYTEA NOT NULL, 
	CONSTRAINT pk_carried_pictures PRIMARY KEY (edition, picture), 
	CONSTRAINT fk_carried_pictures_edition FOREIGN KEY(edition) REFERENCES editions (number) ON DELETE CASCADE
);

CREATE TABLE decisions (
	number SERIAL NOT NULL, 
	edition INTEGER NOT NULL, 
	subscriber INTEGER NOT NULL, 
	at VARCHAR COLLATE "C" NOT NULL, 
	by VARCHAR COLLATE "C" NOT NULL, 
	step VARCHAR COLLATE "C" NOT NULL, 
	before VARCHAR COLLATE "C" NOT NULL, 
	because VARCHAR COLLATE "C", 
	CONSTRAINT pk_decisions PRIMARY KEY (number), 
	CONSTRAINT fk_decisions_edition FOREIGN KEY(edition) REFERENCES editions (number), 
	CONSTRAINT fk_decisions_subscriber FOREIGN KEY(subscriber) REFERENCES subscribers (number)
);

CREATE INDEX ix_decisions_edition ON decisions (edition);

CREATE TABLE departures (
	number SERIAL NOT NULL, 
	subscriber INTEGER NOT NULL, 
	newsletter VARCHAR COLLATE "C", 
	language VARCHAR COLLATE "C", 
	cause VARCHAR COLLATE "C" NOT NULL, 
	at VARCHAR COLLATE "C" NOT NULL, 
	confirmation VARCHAR COLLATE "C" NOT NULL, 
	message VARCHAR COLLATE "C", 
	CONSTRAINT pk_departures PRIMARY KEY (number), 
	CONSTRAINT ck_departures_cause CHECK (cause IN ('bounced', 'complained', 'asked', 'removed')), 
	CONSTRAINT fk_departures_subscriber FOREIGN KEY(subscriber) REFERENCES subscribers (number)
);

CREATE INDEX ix_departures_subscriber ON departures (subscriber);

CREATE TABLE descriptions (
	edition INTEGER NOT NULL, 
	content BYTEA NOT NULL, 
	CONSTRAINT pk_descriptions PRIMARY KEY (edition), 
	CONSTRAINT fk_descriptions_edition FOREIGN KEY(edition) REFERENCES editions (number) ON DELETE CASCADE
);

CREATE TABLE doubts (
	number SERIAL NOT NULL, 
	edition INTEGER NOT NULL, 
	subscriber INTEGER NOT NULL, 
	at VARCHAR COLLATE "C" NOT NULL, 
	cause VARCHAR COLLATE "C" NOT NULL, 
	said VARCHAR COLLATE "C" NOT NULL, 
	remedy VARCHAR COLLATE "C" NOT NULL, 
	CONSTRAINT pk_doubts PRIMARY KEY (number), 
	CONSTRAINT fk_doubts_edition FOREIGN KEY(edition) REFERENCES editions (number), 
	CONSTRAINT fk_doubts_subscriber FOREIGN KEY(subscriber) REFERENCES subscribers (number)
);

CREATE INDEX ix_doubts_edition ON doubts (edition);

CREATE TABLE incoming_places (
	place VARCHAR COLLATE "C" NOT NULL, 
	key VARCHAR COLLATE "C" NOT NULL, 
	fingerprint VARCHAR COLLATE "C" NOT NULL, 
	settled INTEGER NOT NULL, 
	CONSTRAINT pk_incoming_places PRIMARY KEY (place, key), 
	CONSTRAINT fk_incoming_places_fingerprint FOREIGN KEY(fingerprint) REFERENCES incoming (fingerprint)
);

CREATE TABLE looks (
	edition INTEGER NOT NULL, 
	login VARCHAR COLLATE "C" NOT NULL, 
	at VARCHAR COLLATE "C" NOT NULL, 
	how VARCHAR COLLATE "C" NOT NULL, 
	content VARCHAR COLLATE "C" NOT NULL, 
	CONSTRAINT pk_looks PRIMARY KEY (edition, login), 
	CONSTRAINT fk_looks_edition FOREIGN KEY(edition) REFERENCES editions (number) ON DELETE CASCADE
);

CREATE TABLE notices (
	number SERIAL NOT NULL, 
	kind VARCHAR COLLATE "C" NOT NULL, 
	subscriber INTEGER NOT NULL, 
	newsletter VARCHAR COLLATE "C" NOT NULL, 
	at VARCHAR COLLATE "C" NOT NULL, 
	state VARCHAR COLLATE "C" NOT NULL, 
	CONSTRAINT pk_notices PRIMARY KEY (number), 
	CONSTRAINT ck_notices_state CHECK (state IN ('due', 'begun', 'sent', 'failed')), 
	CONSTRAINT fk_notices_subscriber FOREIGN KEY(subscriber) REFERENCES subscribers (number) ON DELETE CASCADE, 
	CONSTRAINT ck_notices_kind CHECK (kind IN ('confirm', 'link'))
);

CREATE INDEX ix_notices_due ON notices (state) WHERE state = 'due';

CREATE INDEX ix_notices_subscriber ON notices (subscriber);

CREATE TABLE outlines (
	edition INTEGER NOT NULL, 
	content VARCHAR COLLATE "C" NOT NULL, 
	CONSTRAINT pk_outlines PRIMARY KEY (edition), 
	CONSTRAINT fk_outlines_edition FOREIGN KEY(edition) REFERENCES editions (number) ON DELETE CASCADE
);

CREATE TABLE pauses (
	number SERIAL NOT NULL, 
	edition INTEGER NOT NULL, 
	kind VARCHAR COLLATE "C" NOT NULL, 
	at VARCHAR COLLATE "C" NOT NULL, 
	by VARCHAR COLLATE "C", 
	because VARCHAR COLLATE "C" NOT NULL, 
	until VARCHAR COLLATE "C", 
	lifted_at VARCHAR COLLATE "C", 
	lifted_by VARCHAR COLLATE "C", 
	CONSTRAINT pk_pauses PRIMARY KEY (number), 
	CONSTRAINT fk_pauses_edition FOREIGN KEY(edition) REFERENCES editions (number)
);

CREATE INDEX ix_pauses_edition ON pauses (edition);

CREATE UNIQUE INDEX uq_pauses_holding ON pauses (edition) WHERE lifted_at IS NULL;

CREATE TABLE records (
	edition INTEGER NOT NULL, 
	content BYTEA NOT NULL, 
	CONSTRAINT pk_records PRIMARY KEY (edition), 
	CONSTRAINT fk_records_edition FOREIGN KEY(edition) REFERENCES editions (number) ON DELETE CASCADE
);

CREATE TABLE returns (
	number SERIAL NOT NULL, 
	fingerprint VARCHAR COLLATE "C" NOT NULL, 
	subscriber INTEGER NOT NULL, 
	edition INTEGER, 
	kind VARCHAR COLLATE "C" NOT NULL, 
	status VARCHAR COLLATE "C", 
	said VARCHAR COLLATE "C" NOT NULL, 
	at VARCHAR COLLATE "C" NOT NULL, 
	CONSTRAINT pk_returns PRIMARY KEY (number), 
	CONSTRAINT uq_returns_fingerprint UNIQUE (fingerprint, subscriber), 
	CONSTRAINT fk_returns_edition FOREIGN KEY(edition) REFERENCES editions (number), 
	CONSTRAINT fk_returns_subscriber FOREIGN KEY(subscriber) REFERENCES subscribers (number), 
	CONSTRAINT fk_returns_fingerprint FOREIGN KEY(fingerprint) REFERENCES incoming (fingerprint)
);

CREATE INDEX ix_returns_edition ON returns (edition);

CREATE INDEX ix_returns_subscriber ON returns (subscriber);

CREATE TABLE review_mails (
	edition INTEGER NOT NULL, 
	part VARCHAR COLLATE "C" NOT NULL, 
	reviewer VARCHAR COLLATE "C" NOT NULL, 
	fingerprint VARCHAR COLLATE "C" NOT NULL, 
	sent_at VARCHAR COLLATE "C" NOT NULL, 
	asked_at VARCHAR COLLATE "C", 
	CONSTRAINT pk_review_mails PRIMARY KEY (edition, part, reviewer), 
	CONSTRAINT fk_review_mails_edition FOREIGN KEY(edition) REFERENCES editions (number)
);

CREATE TABLE settled (
	newsletter VARCHAR COLLATE "C" NOT NULL, 
	story_id VARCHAR COLLATE "C" NOT NULL, 
	edition INTEGER NOT NULL, 
	CONSTRAINT pk_settled PRIMARY KEY (newsletter, story_id), 
	CONSTRAINT fk_settled_edition FOREIGN KEY(edition) REFERENCES editions (number)
);

CREATE TABLE subscriber_events (
	number SERIAL NOT NULL, 
	subscriber INTEGER NOT NULL, 
	newsletter VARCHAR COLLATE "C", 
	step VARCHAR COLLATE "C" NOT NULL, 
	said VARCHAR COLLATE "C" NOT NULL, 
	by VARCHAR COLLATE "C" NOT NULL, 
	because VARCHAR COLLATE "C", 
	at VARCHAR COLLATE "C" NOT NULL, 
	how VARCHAR COLLATE "C", 
	text VARCHAR COLLATE "C", 
	CONSTRAINT pk_subscriber_events PRIMARY KEY (number), 
	CONSTRAINT fk_subscriber_events_subscriber FOREIGN KEY(subscriber) REFERENCES subscribers (number), 
	CONSTRAINT ck_subscriber_events_step CHECK (step IN ('added', 'changed', 'removed', 'suppressed', 'readmitted', 'asked', 'confirmed', 'chosen', 'paused', 'resumed', 'left'))
);

CREATE INDEX ix_subscriber_events_subscriber ON subscriber_events (subscriber);

CREATE TABLE subscriptions (
	subscriber INTEGER NOT NULL, 
	newsletter VARCHAR COLLATE "C" NOT NULL, 
	choice INTEGER NOT NULL, 
	active INTEGER NOT NULL, 
	consent_on VARCHAR COLLATE "C", 
	consent_how VARCHAR COLLATE "C", 
	left_at VARCHAR COLLATE "C", 
	from_file INTEGER DEFAULT '1' NOT NULL, 
	unconfirmed_since VARCHAR COLLATE "C", 
	resumes_at VARCHAR COLLATE "C", 
	chosen_at VARCHAR COLLATE "C", 
	new_since VARCHAR COLLATE "C", 
	CONSTRAINT pk_subscriptions PRIMARY KEY (subscriber, newsletter), 
	CONSTRAINT fk_subscriptions_subscriber FOREIGN KEY(subscriber) REFERENCES subscribers (number), 
	CONSTRAINT fk_subscriptions_choice FOREIGN KEY(choice) REFERENCES choices (number)
);

CREATE INDEX ix_subscriptions_choice ON subscriptions (choice);

CREATE INDEX ix_subscriptions_new_since ON subscriptions (new_since) WHERE new_since IS NOT NULL;

CREATE INDEX ix_subscriptions_resumes_at ON subscriptions (resumes_at) WHERE resumes_at IS NOT NULL;

CREATE TABLE test_mails (
	edition INTEGER NOT NULL, 
	variant VARCHAR COLLATE "C" NOT NULL, 
	folded VARCHAR COLLATE "C" NOT NULL, 
	fingerprint VARCHAR COLLATE "C" NOT NULL, 
	sent_at VARCHAR COLLATE "C" NOT NULL, 
	CONSTRAINT pk_test_mails PRIMARY KEY (edition, variant, folded), 
	CONSTRAINT fk_test_mails_edition FOREIGN KEY(edition) REFERENCES editions (number)
);

CREATE TABLE variants (
	number SERIAL NOT NULL, 
	edition INTEGER NOT NULL, 
	name VARCHAR COLLATE "C" NOT NULL, 
	place INTEGER NOT NULL, 
	language VARCHAR COLLATE "C" NOT NULL, 
	audiences VARCHAR COLLATE "C" NOT NULL, 
	stories VARCHAR COLLATE "C" NOT NULL, 
	fingerprint VARCHAR COLLATE "C" NOT NULL, 
	subject VARCHAR COLLATE "C" NOT NULL, 
	html BYTEA NOT NULL, 
	text BYTEA NOT NULL, 
	message BYTEA NOT NULL, 
	CONSTRAINT pk_variants PRIMARY KEY (number), 
	CONSTRAINT fk_variants_edition FOREIGN KEY(edition) REFERENCES editions (number) ON DELETE CASCADE, 
	CONSTRAINT uq_variants_edition UNIQUE (edition, name)
);

CREATE TABLE verdicts (
	edition INTEGER NOT NULL, 
	story_id VARCHAR COLLATE "C" NOT NULL, 
	place INTEGER NOT NULL, 
	ruling VARCHAR COLLATE "C" NOT NULL, 
	late INTEGER NOT NULL, 
	missed INTEGER DEFAULT '0' NOT NULL, 
	reason VARCHAR COLLATE "C" NOT NULL, 
	CONSTRAINT pk_verdicts PRIMARY KEY (edition, story_id), 
	CONSTRAINT fk_verdicts_edition FOREIGN KEY(edition) REFERENCES editions (number) ON DELETE CASCADE
);

CREATE TABLE deliveries (
	edition INTEGER NOT NULL, 
	subscriber INTEGER NOT NULL, 
	variant INTEGER, 
	address VARCHAR COLLATE "C" NOT NULL, 
	name VARCHAR COLLATE "C", 
	state VARCHAR COLLATE "C" NOT NULL, 
	changed_at VARCHAR COLLATE "C" NOT NULL, 
	attempts INTEGER DEFAULT '0' NOT NULL, 
	next_attempt_at VARCHAR COLLATE "C", 
	dated_at VARCHAR COLLATE "C", 
	answer VARCHAR COLLATE "C", 
	why VARCHAR COLLATE "C", 
	welcomed_at VARCHAR COLLATE "C", 
	CONSTRAINT pk_deliveries PRIMARY KEY (edition, subscriber), 
	CONSTRAINT fk_deliveries_variant FOREIGN KEY(variant) REFERENCES variants (number), 
	CONSTRAINT fk_deliveries_subscriber FOREIGN KEY(subscriber) REFERENCES subscribers (number), 
	CONSTRAINT fk_deliveries_edition FOREIGN KEY(edition) REFERENCES editions (number), 
	CONSTRAINT ck_deliveries_state CHECK (state IN ('pending', 'intent', 'sent', 'failed', 'held', 'no-variant', 'left'))
);

CREATE INDEX ix_deliveries_state ON deliveries (edition, state);

CREATE INDEX ix_deliveries_welcomed_at ON deliveries (welcomed_at) WHERE welcomed_at IS NOT NULL;

CREATE TABLE servings (
	edition INTEGER NOT NULL, 
	choice INTEGER NOT NULL, 
	variant INTEGER, 
	CONSTRAINT pk_servings PRIMARY KEY (edition, choice), 
	CONSTRAINT fk_servings_edition FOREIGN KEY(edition) REFERENCES editions (number) ON DELETE CASCADE, 
	CONSTRAINT fk_servings_choice FOREIGN KEY(choice) REFERENCES choices (number), 
	CONSTRAINT fk_servings_variant FOREIGN KEY(variant) REFERENCES variants (number) ON DELETE CASCADE
);

CREATE FUNCTION events_are_only_added() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF EXISTS (SELECT 1 FROM forgetting) THEN
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'events are only added' USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER subscriber_events_no_update BEFORE update ON subscriber_events FOR EACH ROW EXECUTE FUNCTION events_are_only_added();

CREATE TRIGGER subscriber_events_no_delete BEFORE delete ON subscriber_events FOR EACH ROW EXECUTE FUNCTION events_are_only_added();

CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
