-- alembic: 0044

CREATE TRIGGER subscriber_events_no_delete BEFORE delete ON subscriber_events WHEN NOT EXISTS (SELECT 1 FROM forgetting) BEGIN SELECT RAISE(ABORT, 'events are only added'); END;

CREATE TRIGGER subscriber_events_no_update BEFORE update ON subscriber_events WHEN NOT EXISTS (SELECT 1 FROM forgetting) BEGIN SELECT RAISE(ABORT, 'events are only added'); END;

CREATE TABLE accepted_findings (
	fingerprint VARCHAR NOT NULL, 
	place VARCHAR NOT NULL, 
	cause VARCHAR NOT NULL, 
	"by" VARCHAR NOT NULL, 
	at VARCHAR NOT NULL, 
	because VARCHAR, 
	CONSTRAINT pk_accepted_findings PRIMARY KEY (fingerprint)
);

CREATE TABLE adoptions (
	number INTEGER NOT NULL, 
	at VARCHAR NOT NULL, 
	"by" VARCHAR NOT NULL, 
	because VARCHAR, 
	"before" VARCHAR NOT NULL, 
	ground VARCHAR NOT NULL, 
	unknown_until VARCHAR, 
	subscribers INTEGER, 
	CONSTRAINT pk_adoptions PRIMARY KEY (number)
);

CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));

CREATE TABLE allowances (
	hash VARCHAR NOT NULL, 
	"left" FLOAT NOT NULL, 
	since FLOAT NOT NULL, 
	full_at FLOAT NOT NULL, 
	CONSTRAINT pk_allowances PRIMARY KEY (hash)
)
 WITHOUT ROWID

;

CREATE TABLE answers (
	edition INTEGER NOT NULL, 
	part VARCHAR NOT NULL, 
	fingerprint VARCHAR NOT NULL, 
	approved INTEGER NOT NULL, 
	"by" VARCHAR NOT NULL, 
	at VARCHAR NOT NULL, 
	because VARCHAR, 
	answered_as VARCHAR, 
	CONSTRAINT pk_answers PRIMARY KEY (edition, part), 
	CONSTRAINT fk_answers_edition FOREIGN KEY(edition) REFERENCES editions (number)
);

CREATE TABLE as_approved (
	edition INTEGER NOT NULL, 
	fingerprint VARCHAR NOT NULL, 
	"by" VARCHAR NOT NULL, 
	at VARCHAR NOT NULL, 
	CONSTRAINT pk_as_approved PRIMARY KEY (edition), 
	CONSTRAINT fk_as_approved_edition FOREIGN KEY(edition) REFERENCES editions (number) ON DELETE CASCADE
);

CREATE TABLE buckets (
	name VARCHAR NOT NULL, 
	full_at FLOAT NOT NULL, 
	CONSTRAINT pk_buckets PRIMARY KEY (name)
)
 WITHOUT ROWID

;

CREATE TABLE carried_over (
	newsletter VARCHAR NOT NULL, 
	item_id VARCHAR NOT NULL, 
	edition INTEGER NOT NULL, 
	standing VARCHAR NOT NULL, 
	CONSTRAINT pk_carried_over PRIMARY KEY (newsletter, item_id), 
	CONSTRAINT ck_carried_over_standing CHECK (standing IN ('waits', 'missed', 'moved')), 
	CONSTRAINT fk_carried_over_edition FOREIGN KEY(edition) REFERENCES editions (number)
)
 WITHOUT ROWID

;

CREATE TABLE carried_pictures (
	edition INTEGER NOT NULL, 
	picture VARCHAR NOT NULL, 
	data BLOB NOT NULL, 
	CONSTRAINT pk_carried_pictures PRIMARY KEY (edition, picture), 
	CONSTRAINT fk_carried_pictures_edition FOREIGN KEY(edition) REFERENCES editions (number) ON DELETE CASCADE
)
 WITHOUT ROWID

;

CREATE TABLE choices (
	number INTEGER NOT NULL, 
	newsletter VARCHAR NOT NULL, 
	audiences VARCHAR NOT NULL, 
	language VARCHAR NOT NULL, 
	CONSTRAINT pk_choices PRIMARY KEY (number), 
	CONSTRAINT uq_choices_newsletter UNIQUE (newsletter, audiences, language)
);

CREATE TABLE decisions (
	number INTEGER NOT NULL, 
	edition INTEGER NOT NULL, 
	subscriber INTEGER NOT NULL, 
	at VARCHAR NOT NULL, 
	"by" VARCHAR NOT NULL, 
	step VARCHAR NOT NULL, 
	"before" VARCHAR NOT NULL, 
	because VARCHAR, 
	CONSTRAINT pk_decisions PRIMARY KEY (number), 
	CONSTRAINT fk_decisions_edition FOREIGN KEY(edition) REFERENCES editions (number), 
	CONSTRAINT fk_decisions_subscriber FOREIGN KEY(subscriber) REFERENCES subscribers (number)
);

CREATE TABLE deliveries (
	edition INTEGER NOT NULL, 
	subscriber INTEGER NOT NULL, 
	variant INTEGER, 
	address VARCHAR NOT NULL, 
	name VARCHAR, 
	state VARCHAR NOT NULL, 
	changed_at VARCHAR NOT NULL, 
	attempts INTEGER DEFAULT '0' NOT NULL, 
	next_attempt_at VARCHAR, 
	dated_at VARCHAR, 
	answer VARCHAR, 
	why VARCHAR, 
	welcomed_at VARCHAR, 
	worker VARCHAR, 
	fence INTEGER, 
	CONSTRAINT pk_deliveries PRIMARY KEY (edition, subscriber), 
	CONSTRAINT ck_deliveries_state CHECK (state IN ('pending', 'intent', 'sent', 'failed', 'held', 'no-variant', 'left')), 
	CONSTRAINT fk_deliveries_edition FOREIGN KEY(edition) REFERENCES editions (number), 
	CONSTRAINT fk_deliveries_subscriber FOREIGN KEY(subscriber) REFERENCES subscribers (number), 
	CONSTRAINT fk_deliveries_variant FOREIGN KEY(variant) REFERENCES variants (number)
)
 WITHOUT ROWID

;

CREATE TABLE departures (
	number INTEGER NOT NULL, 
	subscriber INTEGER NOT NULL, 
	newsletter VARCHAR, 
	language VARCHAR, 
	cause VARCHAR NOT NULL, 
	at VARCHAR NOT NULL, 
	confirmation VARCHAR NOT NULL, 
	message VARCHAR, 
	CONSTRAINT pk_departures PRIMARY KEY (number), 
	CONSTRAINT ck_departures_cause CHECK (cause IN ('bounced', 'complained', 'asked', 'removed')), 
	CONSTRAINT fk_departures_subscriber FOREIGN KEY(subscriber) REFERENCES subscribers (number)
);

CREATE TABLE descriptions (
	edition INTEGER NOT NULL, 
	content BLOB NOT NULL, 
	CONSTRAINT pk_descriptions PRIMARY KEY (edition), 
	CONSTRAINT fk_descriptions_edition FOREIGN KEY(edition) REFERENCES editions (number) ON DELETE CASCADE
);

CREATE TABLE doubts (
	number INTEGER NOT NULL, 
	edition INTEGER NOT NULL, 
	subscriber INTEGER NOT NULL, 
	at VARCHAR NOT NULL, 
	cause VARCHAR NOT NULL, 
	said VARCHAR NOT NULL, 
	remedy VARCHAR NOT NULL, 
	CONSTRAINT pk_doubts PRIMARY KEY (number), 
	CONSTRAINT fk_doubts_edition FOREIGN KEY(edition) REFERENCES editions (number), 
	CONSTRAINT fk_doubts_subscriber FOREIGN KEY(subscriber) REFERENCES subscribers (number)
);

CREATE TABLE editions (
	number INTEGER NOT NULL, 
	newsletter VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	period VARCHAR NOT NULL, 
	revision INTEGER NOT NULL, 
	state VARCHAR NOT NULL, 
	fingerprint VARCHAR, 
	built_at VARCHAR, 
	covers_to_end INTEGER NOT NULL, 
	approved_by VARCHAR, 
	approved_at VARCHAR, 
	approved_as VARCHAR, 
	approved_code VARCHAR, 
	left_out VARCHAR, 
	withheld VARCHAR, 
	accepted VARCHAR, 
	sealed_at VARCHAR, 
	sending_at VARCHAR, 
	finished_at VARCHAR, 
	window_start VARCHAR NOT NULL, 
	window_end VARCHAR NOT NULL, 
	because VARCHAR, 
	readers VARCHAR, 
	made_up INTEGER DEFAULT '0' NOT NULL, 
	occasion VARCHAR, 
	sender VARCHAR, 
	route VARCHAR, 
	supplement VARCHAR, 
	CONSTRAINT pk_editions PRIMARY KEY (number), 
	CONSTRAINT uq_editions_newsletter UNIQUE (newsletter, period, revision), 
	CONSTRAINT ck_editions_state CHECK (state IN ('draft', 'sealed', 'sending', 'finished', 'skipped', 'missed', 'expired'))
);

CREATE TABLE erasures (
	hash VARCHAR NOT NULL, 
	at VARCHAR NOT NULL, 
	"by" VARCHAR NOT NULL, 
	CONSTRAINT pk_erasures PRIMARY KEY (hash)
)
 WITHOUT ROWID

;

CREATE TABLE files_read (
	source VARCHAR NOT NULL, 
	file VARCHAR NOT NULL, 
	fingerprint VARCHAR NOT NULL, 
	reader VARCHAR NOT NULL, 
	brought VARCHAR, 
	CONSTRAINT pk_files_read PRIMARY KEY (source, file)
)
 WITHOUT ROWID

;

CREATE TABLE forgetting (
	one INTEGER NOT NULL, 
	CONSTRAINT pk_forgetting PRIMARY KEY (one), 
	CONSTRAINT ck_forgetting_one CHECK (one = 1)
);

CREATE TABLE incoming (
	fingerprint VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	read_at VARCHAR NOT NULL, 
	forward VARCHAR, 
	CONSTRAINT pk_incoming PRIMARY KEY (fingerprint)
);

CREATE TABLE incoming_places (
	place VARCHAR NOT NULL, 
	"key" VARCHAR NOT NULL, 
	fingerprint VARCHAR NOT NULL, 
	settled INTEGER NOT NULL, 
	CONSTRAINT pk_incoming_places PRIMARY KEY (place, "key"), 
	CONSTRAINT fk_incoming_places_fingerprint FOREIGN KEY(fingerprint) REFERENCES incoming (fingerprint)
)
 WITHOUT ROWID

;

CREATE TABLE instance (
	id VARCHAR NOT NULL, 
	commits INTEGER NOT NULL, 
	machine VARCHAR, 
	place VARCHAR, 
	folder VARCHAR, 
	copied_at VARCHAR, 
	journal_fingerprint VARCHAR, 
	journal_bytes INTEGER, 
	journal_commit INTEGER, 
	subscribers INTEGER, 
	retired_to VARCHAR, 
	retired_at VARCHAR, 
	arriving_from VARCHAR, 
	server VARCHAR, 
	secret VARCHAR, 
	stopped_by VARCHAR, 
	CONSTRAINT pk_instance PRIMARY KEY (id)
);

CREATE TABLE items (
	id VARCHAR NOT NULL, 
	story_id VARCHAR NOT NULL, 
	source VARCHAR NOT NULL, 
	published_on VARCHAR NOT NULL, 
	language VARCHAR NOT NULL, 
	withdrawn INTEGER NOT NULL, 
	content VARCHAR NOT NULL, 
	date_state VARCHAR DEFAULT 'unseen' NOT NULL, 
	CONSTRAINT pk_items PRIMARY KEY (id)
);

CREATE TABLE journalled (
	edition VARCHAR NOT NULL, 
	delivery VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	CONSTRAINT pk_journalled PRIMARY KEY (edition, delivery)
)
 WITHOUT ROWID

;

CREATE TABLE judgements (
	one VARCHAR NOT NULL, 
	other VARCHAR NOT NULL, 
	same INTEGER NOT NULL, 
	"by" VARCHAR NOT NULL, 
	at VARCHAR NOT NULL, 
	CONSTRAINT pk_judgements PRIMARY KEY (one, other)
)
 WITHOUT ROWID

;

CREATE TABLE locks (
	name VARCHAR NOT NULL, 
	fence INTEGER NOT NULL, 
	host VARCHAR NOT NULL, 
	process INTEGER NOT NULL, 
	since VARCHAR NOT NULL, 
	CONSTRAINT pk_locks PRIMARY KEY (name)
)
 WITHOUT ROWID

;

CREATE TABLE looks (
	edition INTEGER NOT NULL, 
	login VARCHAR NOT NULL, 
	at VARCHAR NOT NULL, 
	how VARCHAR NOT NULL, 
	content VARCHAR NOT NULL, 
	CONSTRAINT pk_looks PRIMARY KEY (edition, login), 
	CONSTRAINT fk_looks_edition FOREIGN KEY(edition) REFERENCES editions (number) ON DELETE CASCADE
);

CREATE TABLE newsletters (
	name VARCHAR NOT NULL, 
	started_on VARCHAR NOT NULL, 
	CONSTRAINT pk_newsletters PRIMARY KEY (name)
);

CREATE TABLE notices (
	number INTEGER NOT NULL, 
	kind VARCHAR NOT NULL, 
	subscriber INTEGER NOT NULL, 
	newsletter VARCHAR NOT NULL, 
	at VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	CONSTRAINT pk_notices PRIMARY KEY (number), 
	CONSTRAINT ck_notices_kind CHECK (kind IN ('confirm', 'link')), 
	CONSTRAINT ck_notices_state CHECK (state IN ('due', 'begun', 'sent', 'failed')), 
	CONSTRAINT fk_notices_subscriber FOREIGN KEY(subscriber) REFERENCES subscribers (number) ON DELETE CASCADE
);

CREATE TABLE outlines (
	edition INTEGER NOT NULL, 
	content VARCHAR NOT NULL, 
	CONSTRAINT pk_outlines PRIMARY KEY (edition), 
	CONSTRAINT fk_outlines_edition FOREIGN KEY(edition) REFERENCES editions (number) ON DELETE CASCADE
);

CREATE TABLE pages_asked (
	url VARCHAR NOT NULL, 
	asked_at VARCHAR NOT NULL, 
	trouble VARCHAR, 
	answered_at VARCHAR, 
	CONSTRAINT pk_pages_asked PRIMARY KEY (url)
)
 WITHOUT ROWID

;

CREATE TABLE pauses (
	number INTEGER NOT NULL, 
	edition INTEGER NOT NULL, 
	kind VARCHAR NOT NULL, 
	at VARCHAR NOT NULL, 
	"by" VARCHAR, 
	because VARCHAR NOT NULL, 
	until VARCHAR, 
	lifted_at VARCHAR, 
	lifted_by VARCHAR, 
	CONSTRAINT pk_pauses PRIMARY KEY (number), 
	CONSTRAINT fk_pauses_edition FOREIGN KEY(edition) REFERENCES editions (number)
);

CREATE TABLE pictures (
	name VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	width INTEGER NOT NULL, 
	height INTEGER NOT NULL, 
	data BLOB NOT NULL, 
	CONSTRAINT pk_pictures PRIMARY KEY (name)
);

CREATE TABLE places (
	name VARCHAR NOT NULL, 
	host VARCHAR, 
	machine VARCHAR, 
	mark VARCHAR, 
	folder VARCHAR, 
	commits INTEGER NOT NULL, 
	journalled INTEGER NOT NULL, 
	CONSTRAINT pk_places PRIMARY KEY (name)
);

CREATE TABLE records (
	edition INTEGER NOT NULL, 
	content BLOB NOT NULL, 
	CONSTRAINT pk_records PRIMARY KEY (edition), 
	CONSTRAINT fk_records_edition FOREIGN KEY(edition) REFERENCES editions (number) ON DELETE CASCADE
);

CREATE TABLE releases (
	edition VARCHAR NOT NULL, 
	at VARCHAR NOT NULL, 
	"by" VARCHAR NOT NULL, 
	because VARCHAR, 
	CONSTRAINT pk_releases PRIMARY KEY (edition)
);

CREATE TABLE reminders (
	edition INTEGER NOT NULL, 
	due_at VARCHAR NOT NULL, 
	sent_at VARCHAR NOT NULL, 
	CONSTRAINT pk_reminders PRIMARY KEY (edition, due_at), 
	CONSTRAINT fk_reminders_edition FOREIGN KEY(edition) REFERENCES editions (number)
);

CREATE TABLE returns (
	number INTEGER NOT NULL, 
	fingerprint VARCHAR NOT NULL, 
	subscriber INTEGER NOT NULL, 
	edition INTEGER, 
	kind VARCHAR NOT NULL, 
	status VARCHAR, 
	said VARCHAR NOT NULL, 
	at VARCHAR NOT NULL, 
	CONSTRAINT pk_returns PRIMARY KEY (number), 
	CONSTRAINT uq_returns_fingerprint UNIQUE (fingerprint, subscriber), 
	CONSTRAINT fk_returns_fingerprint FOREIGN KEY(fingerprint) REFERENCES incoming (fingerprint), 
	CONSTRAINT fk_returns_subscriber FOREIGN KEY(subscriber) REFERENCES subscribers (number), 
	CONSTRAINT fk_returns_edition FOREIGN KEY(edition) REFERENCES editions (number)
);

CREATE TABLE review_mails (
	edition INTEGER NOT NULL, 
	part VARCHAR NOT NULL, 
	reviewer VARCHAR NOT NULL, 
	fingerprint VARCHAR NOT NULL, 
	sent_at VARCHAR NOT NULL, 
	asked_at VARCHAR, 
	CONSTRAINT pk_review_mails PRIMARY KEY (edition, part, reviewer), 
	CONSTRAINT fk_review_mails_edition FOREIGN KEY(edition) REFERENCES editions (number)
);

CREATE TABLE runs (
	number INTEGER NOT NULL, 
	began_at VARCHAR NOT NULL, 
	last_at VARCHAR NOT NULL, 
	times INTEGER NOT NULL, 
	exit_code INTEGER, 
	rehearsed INTEGER NOT NULL, 
	inputs VARCHAR NOT NULL, 
	done VARCHAR NOT NULL, 
	trouble VARCHAR NOT NULL, 
	CONSTRAINT pk_runs PRIMARY KEY (number)
);

CREATE TABLE servings (
	edition INTEGER NOT NULL, 
	choice INTEGER NOT NULL, 
	variant INTEGER, 
	CONSTRAINT pk_servings PRIMARY KEY (edition, choice), 
	CONSTRAINT fk_servings_edition FOREIGN KEY(edition) REFERENCES editions (number) ON DELETE CASCADE, 
	CONSTRAINT fk_servings_choice FOREIGN KEY(choice) REFERENCES choices (number), 
	CONSTRAINT fk_servings_variant FOREIGN KEY(variant) REFERENCES variants (number) ON DELETE CASCADE
);

CREATE TABLE settled (
	newsletter VARCHAR NOT NULL, 
	story_id VARCHAR NOT NULL, 
	edition INTEGER NOT NULL, 
	CONSTRAINT pk_settled PRIMARY KEY (newsletter, story_id), 
	CONSTRAINT fk_settled_edition FOREIGN KEY(edition) REFERENCES editions (number)
);

CREATE TABLE source_memories (
	source VARCHAR NOT NULL, 
	memory VARCHAR NOT NULL, 
	document BLOB NOT NULL, 
	CONSTRAINT pk_source_memories PRIMARY KEY (source)
)
 WITHOUT ROWID

;

CREATE TABLE subscriber_events (
	number INTEGER NOT NULL, 
	subscriber INTEGER NOT NULL, 
	newsletter VARCHAR, 
	step VARCHAR NOT NULL, 
	said VARCHAR NOT NULL, 
	"by" VARCHAR NOT NULL, 
	because VARCHAR, 
	at VARCHAR NOT NULL, 
	how VARCHAR, 
	text VARCHAR, 
	CONSTRAINT pk_subscriber_events PRIMARY KEY (number), 
	CONSTRAINT ck_subscriber_events_step CHECK (step IN ('added', 'changed', 'removed', 'suppressed', 'readmitted', 'asked', 'confirmed', 'chosen', 'paused', 'resumed', 'left')), 
	CONSTRAINT fk_subscriber_events_subscriber FOREIGN KEY(subscriber) REFERENCES subscribers (number)
);

CREATE TABLE subscribers (
	number INTEGER NOT NULL, 
	public_id VARCHAR NOT NULL, 
	address VARCHAR NOT NULL, 
	folded VARCHAR NOT NULL, 
	name VARCHAR, 
	suppressed_at VARCHAR, 
	CONSTRAINT pk_subscribers PRIMARY KEY (number), 
	CONSTRAINT uq_subscribers_public_id UNIQUE (public_id), 
	CONSTRAINT uq_subscribers_folded UNIQUE (folded)
);

CREATE TABLE subscriptions (
	subscriber INTEGER NOT NULL, 
	newsletter VARCHAR NOT NULL, 
	choice INTEGER NOT NULL, 
	active INTEGER NOT NULL, 
	consent_on VARCHAR, 
	consent_how VARCHAR, 
	left_at VARCHAR, 
	from_file INTEGER DEFAULT '1' NOT NULL, 
	unconfirmed_since VARCHAR, 
	resumes_at VARCHAR, 
	chosen_at VARCHAR, 
	new_since VARCHAR, 
	CONSTRAINT pk_subscriptions PRIMARY KEY (subscriber, newsletter), 
	CONSTRAINT fk_subscriptions_subscriber FOREIGN KEY(subscriber) REFERENCES subscribers (number), 
	CONSTRAINT fk_subscriptions_choice FOREIGN KEY(choice) REFERENCES choices (number)
);

CREATE TABLE test_mails (
	edition INTEGER NOT NULL, 
	variant VARCHAR NOT NULL, 
	folded VARCHAR NOT NULL, 
	fingerprint VARCHAR NOT NULL, 
	sent_at VARCHAR NOT NULL, 
	CONSTRAINT pk_test_mails PRIMARY KEY (edition, variant, folded), 
	CONSTRAINT fk_test_mails_edition FOREIGN KEY(edition) REFERENCES editions (number)
);

CREATE TABLE variants (
	number INTEGER NOT NULL, 
	edition INTEGER NOT NULL, 
	name VARCHAR NOT NULL, 
	place INTEGER NOT NULL, 
	language VARCHAR NOT NULL, 
	audiences VARCHAR NOT NULL, 
	stories VARCHAR NOT NULL, 
	fingerprint VARCHAR NOT NULL, 
	subject VARCHAR NOT NULL, 
	html BLOB NOT NULL, 
	text BLOB NOT NULL, 
	message BLOB NOT NULL, 
	CONSTRAINT pk_variants PRIMARY KEY (number), 
	CONSTRAINT uq_variants_edition UNIQUE (edition, name), 
	CONSTRAINT fk_variants_edition FOREIGN KEY(edition) REFERENCES editions (number) ON DELETE CASCADE
);

CREATE TABLE verdicts (
	edition INTEGER NOT NULL, 
	story_id VARCHAR NOT NULL, 
	place INTEGER NOT NULL, 
	ruling VARCHAR NOT NULL, 
	late INTEGER NOT NULL, 
	missed INTEGER DEFAULT '0' NOT NULL, 
	reason VARCHAR NOT NULL, 
	CONSTRAINT pk_verdicts PRIMARY KEY (edition, story_id), 
	CONSTRAINT fk_verdicts_edition FOREIGN KEY(edition) REFERENCES editions (number) ON DELETE CASCADE
);

CREATE TABLE workers (
	fence INTEGER NOT NULL, 
	id VARCHAR NOT NULL, 
	place VARCHAR NOT NULL, 
	host VARCHAR NOT NULL, 
	pid INTEGER NOT NULL, 
	version VARCHAR NOT NULL, 
	lease_until VARCHAR NOT NULL, 
	seen_at VARCHAR NOT NULL, 
	allotted INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_workers PRIMARY KEY (fence), 
	CONSTRAINT uq_workers_id UNIQUE (id)
);

CREATE INDEX ix_carried_over_edition ON carried_over (edition);

CREATE INDEX ix_decisions_edition ON decisions (edition);

CREATE INDEX ix_deliveries_state ON deliveries (edition, state);

CREATE INDEX ix_deliveries_welcomed_at ON deliveries (welcomed_at) WHERE welcomed_at IS NOT NULL;

CREATE INDEX ix_departures_subscriber ON departures (subscriber);

CREATE INDEX ix_doubts_edition ON doubts (edition);

CREATE INDEX ix_items_date_state ON items (date_state);

CREATE INDEX ix_items_source ON items (source);

CREATE INDEX ix_items_story_id ON items (story_id);

CREATE INDEX ix_notices_due ON notices (state) WHERE state = 'due';

CREATE INDEX ix_notices_subscriber ON notices (subscriber);

CREATE INDEX ix_pauses_edition ON pauses (edition);

CREATE INDEX ix_returns_edition ON returns (edition);

CREATE INDEX ix_returns_subscriber ON returns (subscriber);

CREATE INDEX ix_subscriber_events_subscriber ON subscriber_events (subscriber);

CREATE INDEX ix_subscriptions_choice ON subscriptions (choice);

CREATE INDEX ix_subscriptions_new_since ON subscriptions (new_since) WHERE new_since IS NOT NULL;

CREATE INDEX ix_subscriptions_resumes_at ON subscriptions (resumes_at) WHERE resumes_at IS NOT NULL;

CREATE UNIQUE INDEX uq_pauses_holding ON pauses (edition) WHERE lifted_at IS NULL;
