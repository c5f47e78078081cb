import { join } from 'node:path';
import Sqlite, { type Database } from 'better-sqlite3-multiple-ciphers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freshFolder } from '../../../tests/support/store.ts';
import { migrate, migrations } from './index.ts';

/** A database as the version with `count` migrations left it. */
function databaseWith(count: number): Database {
  const path = join(freshFolder(), 'workstation.sqlite');
  const database = new Sqlite(path);
  database.pragma('foreign_keys = ON');
  onTestFinished(() => {
    database.close();
  });
  migrate(database, path, count);
  return database;
}

const version = (database: Database) => database.pragma('user_version', { simple: true });
const count = (database: Database, table: string) =>
  (database.prepare(`SELECT count(*) AS n FROM ${table}`).get() as { n: number }).n;

const IMAGE_ROWS = `
  INSERT INTO patients VALUES (1, 'P1', 'DEMO^FICTIONAL', '19700101', 'O');
  INSERT INTO studies VALUES ('1.2', 1, '20260101', '', 'phantom', '', '2026-01-01T00:00:00.000Z');
  INSERT INTO series VALUES ('1.2.1', '1.2', 1, 'CT', 'HEAD', '', '');
  INSERT INTO instances VALUES ('1.2.1.1', '1.2.1', '1.2.840.10008.5.1.4.1.1.2', '1.2.840.10008.1.2.1', 1, 0, 0, 'aa', 5, '');
  INSERT INTO frames VALUES ('1.2.1.1', 0, 64, 64, 0.5, 0.5, NULL, NULL);
  INSERT INTO settings VALUES ('reader', 'someone');`;

const RESULT_ROWS = `
  INSERT INTO reference_sets VALUES ('r', 'normals', 'someone', '');
  INSERT INTO reference_set_members VALUES ('r', 0, '1.2.1.1', 0);
  INSERT INTO calibrations VALUES ('c', 'site', 'r', 'embedded', 'ff', 'fast', 2, 0, 1, 10, 1.5, '[1,0.5]', 0.6, 0.05,
    'CT', 'HEAD', 'cpu', '0.1.0', 'bb', '', 'someone', 1);
  INSERT INTO analyses VALUES ('a', '1.2', 'c', 'cpu', '', 'someone', 2.5);
  INSERT INTO frame_results VALUES ('a', '1.2.1.1', 0, 0.7, 0.1, 1, 'cc', 224, 224);
  INSERT INTO findings VALUES ('f', 'a', '1.2.1.1', 0, '[0,0,4,4]', '[0,0,4,0,4,4,0,4,0,0]', 0.7, 0.1, 4, 2.8, 'open', '',
    NULL, NULL);
  INSERT INTO reports VALUES ('1.2', '', '', 'draft', NULL, NULL, '');`;

describe('0001 images', () => {
  it('makes the first tables in an empty file', () => {
    const database = databaseWith(1);
    database.exec(IMAGE_ROWS);
    expect(version(database)).toBe(1);
    expect(() => database.exec(`INSERT INTO frames VALUES ('unknown', 0, 1, 1, NULL, NULL, NULL, NULL)`)).toThrow(
      /FOREIGN KEY/,
    );
  });
});

describe('0002 results', () => {
  it('adds results beside the images that are there', () => {
    const database = databaseWith(1);
    database.exec(IMAGE_ROWS);
    migrate(database, '', 2);
    expect(version(database)).toBe(2);
    expect(database.prepare('SELECT * FROM frames').all()).toHaveLength(1);
    expect(database.prepare('SELECT value FROM settings').get()).toEqual({ value: 'someone' });
    database.exec(RESULT_ROWS);
    expect(count(database, 'findings')).toBe(1);
  });

  it('lets a signature close report, findings and analyses of a study', () => {
    const database = databaseWith(2);
    database.exec(IMAGE_ROWS + RESULT_ROWS);
    database.exec(`UPDATE findings SET decision = 'accepted'`);
    database.exec(`UPDATE reports SET state = 'signed', signed_by = 'someone', signed_at = ''`);
    expect(() => database.exec(`UPDATE reports SET impression = 'other'`)).toThrow(/signed report cannot change/);
    expect(() => database.exec(`DELETE FROM reports`)).toThrow(/cannot be deleted/);
    expect(() => database.exec(`UPDATE findings SET decision = 'rejected'`)).toThrow(/cannot change/);
    expect(() => database.exec(`INSERT INTO analyses VALUES ('b', '1.2', 'c', 'cpu', '', '', 1)`)).toThrow(
      /cannot be analysed again/,
    );
  });

  it('allows one active calibration per modality and body part', () => {
    const database = databaseWith(2);
    database.exec(IMAGE_ROWS + RESULT_ROWS);
    expect(() =>
      database.exec(`INSERT INTO calibrations SELECT 'd', name, reference_set_id, model_name, model_sha256, preset, shots,
        held_out, seed, steps, seconds, loss_trace, threshold, tolerated_share, modality, body_part, provider,
        app_version, profile_sha256, created_at, created_by, 1 FROM calibrations`),
    ).toThrow(/UNIQUE/);
  });
});

describe('0003 audit', () => {
  it('adds a trail that can only grow, and keeps all rows', () => {
    const database = databaseWith(2);
    database.exec(IMAGE_ROWS + RESULT_ROWS);
    migrate(database, '', 3);
    expect(version(database)).toBe(3);
    for (const table of ['patients', 'studies', 'frames', 'calibrations', 'findings', 'reports'])
      expect(count(database, table)).toBe(1);
    database.exec(`INSERT INTO audit VALUES (1, '', 'someone', 'import', '', 'success', '{}', '', '')`);
    expect(() => database.exec(`UPDATE audit SET actor = 'another'`)).toThrow(/cannot be edited/);
    expect(() => database.exec(`DELETE FROM audit`)).toThrow(/cannot be cut/);
    expect(count(database, 'audit')).toBe(1);
  });
});

describe('0004 network', () => {
  it('adds nodes and a queue that needs them, and keeps what there is', () => {
    const database = databaseWith(3);
    database.exec(IMAGE_ROWS + RESULT_ROWS);
    migrate(database, '', 4);
    expect(count(database, 'reports')).toBe(1);
    const queued = `INSERT INTO send_queue VALUES ('q', 'pacs', 'aa', 1, '', '1.2', 'waiting', 0, '', '', NULL, '', NULL)`;
    expect(() => database.exec(queued)).toThrow(/FOREIGN KEY/);
    database.exec(`INSERT INTO nodes VALUES ('pacs', '{}')`);
    database.exec(queued);
    expect(() => database.exec(`DELETE FROM nodes`)).toThrow(/FOREIGN KEY/);
  });
});

describe('0005 imports', () => {
  it('adds a list of imports, and keeps what there is', () => {
    const database = databaseWith(4);
    database.exec(IMAGE_ROWS + RESULT_ROWS);
    migrate(database, '', 5);
    expect(count(database, 'reports')).toBe(1);
    expect(() => database.exec(`INSERT INTO imports VALUES ('a', 'no list', NULL, 1, '', NULL)`)).toThrow(/CHECK/);
    database.exec(`INSERT INTO imports VALUES ('a', '["/cd"]', NULL, 1, '', NULL)`);
    expect(count(database, 'imports')).toBe(1);
  });
});

describe('0006 calibration life', () => {
  it('keeps sets, calibrations and what was active, and lets one be active per view and scanner', () => {
    const database = databaseWith(5);
    database.exec(IMAGE_ROWS + RESULT_ROWS);
    migrate(database, '', 6);
    const first = (sql: string) => database.prepare(sql).get();
    expect(first('SELECT lineage, version FROM reference_sets')).toEqual({ lineage: 'r', version: 1 });
    expect(first('SELECT calibration_id FROM activations')).toEqual({ calibration_id: 'c' });
    expect(first('SELECT view, scanner, retired_at FROM calibrations')).toEqual({
      view: '',
      scanner: '',
      retired_at: null,
    });
    database.exec(`CREATE TEMP TABLE copy AS SELECT * FROM calibrations; UPDATE copy SET id = 'd', view = 'AXIAL'`);
    database.exec('INSERT INTO calibrations SELECT * FROM copy');
    database.exec(`UPDATE copy SET id = 'e'`);
    expect(() => database.exec('INSERT INTO calibrations SELECT * FROM copy')).toThrow(/UNIQUE/);
  });
});

describe('0007 results out', () => {
  it('adds addenda and objects that nobody can change, to signed reports alone', () => {
    const database = databaseWith(2);
    database.exec(IMAGE_ROWS + RESULT_ROWS);
    migrate(database, '', 7);
    expect(count(database, 'reports')).toBe(1);
    const addendum = `INSERT INTO report_addenda VALUES ('1.2', 2, 'words', 'quality', '["f"]', 'someone', '')`;
    expect(() => database.exec(addendum)).toThrow(/only a signed report/);
    database.exec(`UPDATE reports SET state = 'signed'; ${addendum};
      INSERT INTO result_objects VALUES ('9.1', '1.2', 1, 'sr', '1.2.3', '9', 'dd', '', 'someone');
      INSERT INTO result_deliveries VALUES ('9.1', 'folder', '', 'someone')`);
    for (const table of ['report_addenda', 'result_objects', 'result_deliveries']) {
      expect(() => database.exec(`DELETE FROM ${table}`)).toThrow(/cannot be deleted/);
      expect(count(database, table)).toBe(1);
    }
    expect(() => database.exec(`UPDATE report_addenda SET text = ''`)).toThrow(/cannot change/);
  });
});

describe('0008 worklist', () => {
  it('fills the worklist from the studies and results that are there', () => {
    const database = databaseWith(2);
    database.exec(IMAGE_ROWS + RESULT_ROWS);
    migrate(database, '', 8);
    expect(database.prepare('SELECT * FROM worklist').all()).toEqual([
      {
        place: 1,
        study_instance_uid: '1.2',
        modalities: '["CT"]',
        body_parts: '["HEAD"]',
        series_count: 1,
        frame_count: 1,
        analysis_id: 'a',
        highest_score: 0.7,
        lowest_p_value: 0.1,
        flagged_frames: 1,
      },
    ]);
    const found = database.prepare(`SELECT rowid FROM worklist_words WHERE worklist_words MATCH 'fict* AND ct'`);
    expect(found.all()).toEqual([{ rowid: 1 }]);
  });
});

describe('0009 reading', () => {
  it('keeps findings and reports, and lets measurements of a signed report neither change nor go', () => {
    const database = databaseWith(2);
    database.exec(IMAGE_ROWS + RESULT_ROWS);
    migrate(database, '', 9);
    expect(database.prepare('SELECT drawn_by, measurement_id FROM findings').all()).toEqual([
      { drawn_by: null, measurement_id: null },
    ]);
    expect(database.prepare('SELECT technique, findings FROM reports').all()).toEqual([
      { technique: '', findings: '' },
    ]);
    database.exec(`
      INSERT INTO annotations VALUES ('m', '1.2', '1.2.1.1', 0, 'length', '[0,0,4,4]', 'someone', '');
      UPDATE findings SET measurement_id = 'm';
      UPDATE reports SET state = 'signed';`);
    expect(() => database.exec(`UPDATE annotations SET points = '[]'`)).toThrow(/cannot change/);
    expect(() => database.exec(`DELETE FROM annotations`)).toThrow(/cannot be deleted/);
    expect(() => database.exec(`DELETE FROM findings`)).toThrow(/cannot be deleted/);
  });
});

describe('0010 imported results', () => {
  it('adds results of studies that are there, and keeps what there is', () => {
    const database = databaseWith(2);
    database.exec(IMAGE_ROWS + RESULT_ROWS);
    migrate(database, '', 10);
    expect(count(database, 'findings')).toBe(1);
    const result = (study: string) =>
      `INSERT INTO imported_results VALUES ('8.1', '${study}', 'sr', '', '[]', '[]', 'ee', '')`;
    expect(() => database.exec(result('9.9'))).toThrow(/FOREIGN KEY/);
    database.exec(result('1.2'));
    expect(count(database, 'imported_results')).toBe(1);
  });
});

describe('0011 trusted stations', () => {
  it('begins with none, and keeps what there is', () => {
    const database = databaseWith(2);
    database.exec(IMAGE_ROWS + RESULT_ROWS);
    migrate(database, '', 11);
    expect(count(database, 'findings')).toBe(1);
    expect(count(database, 'trusted_stations')).toBe(0);
  });
});

describe('0012 reading room', () => {
  it('begins with nothing set up, keeps what there is, and has one protocol for a kind of exam', () => {
    const database = databaseWith(2);
    database.exec(IMAGE_ROWS + RESULT_ROWS);
    migrate(database, '', 12);
    expect(count(database, 'reports')).toBe(1);
    expect(count(database, 'report_templates')).toBe(0);
    const protocol = (id: string) =>
      `INSERT INTO hanging_protocols VALUES ('${id}', 'CT', 'CT', '', 1, 2, 0, 1, 1, NULL, NULL)`;
    database.exec(protocol('a'));
    expect(() => database.exec(protocol('b'))).toThrow(/UNIQUE/);
  });
});

describe('0013 forgetting', () => {
  it('finds the studies that are there as before, and no word of one that was removed earlier is left', () => {
    const database = databaseWith(1);
    database.exec(IMAGE_ROWS);
    migrate(database, '', 12);
    database.exec(`
      INSERT INTO patients VALUES (2, 'P2', 'DEMO^REMOVED', '19700101', 'O');
      INSERT INTO studies VALUES ('1.3', 2, '20260101', '', 'phantom', '', '2026-01-01T00:00:00.000Z');
      DELETE FROM studies WHERE study_instance_uid = '1.3';`);
    const index = (word: string) =>
      (database.prepare('SELECT block FROM worklist_words_data').all() as { block: Buffer }[]).some(({ block }) =>
        block.includes(word),
      );
    expect(index('removed')).toBe(true);
    migrate(database, '', 13);
    expect([index('removed'), index('fictional')]).toEqual([false, true]);
    const found = database.prepare(`SELECT rowid FROM worklist_words WHERE worklist_words MATCH 'fictional'`).all();
    expect(found).toHaveLength(1);
  });
});

describe('0017 replacements', () => {
  it('orders the queue as it was filled, and owes nothing yet', () => {
    const before = migrations.findIndex(({ name }) => name === 'replacements');
    const database = databaseWith(before);
    database.exec(`INSERT INTO nodes VALUES ('pacs', '{}')`);
    const send = (id: string, at: string) =>
      `INSERT INTO send_queue VALUES ('${id}', 'pacs', 'aa', 1, '', '1.2.1.1', 'waiting', 0, '${at}', '', NULL, '', NULL)`;
    database.exec(`${send('a', '2026-02')}; ${send('c', '2026-01')}; ${send('b', '2026-01')}`);
    migrate(database, '', before + 1);
    expect(database.prepare('SELECT id FROM send_queue ORDER BY place').pluck().all()).toEqual(['b', 'c', 'a']);
    expect(count(database, 'owed_replacements')).toBe(0);
  });
});

describe('0018 withdrawn imports', () => {
  it('begins with none, and keeps what there is', () => {
    const database = databaseWith(2);
    database.exec(IMAGE_ROWS + RESULT_ROWS);
    migrate(database, '', 18);
    expect(count(database, 'findings')).toBe(1);
    expect(count(database, 'imported_withdrawals')).toBe(0);
  });
});

describe('0019 held-out patients', () => {
  it('counts every held-out image of before as a patient', () => {
    const database = databaseWith(2);
    database.exec(IMAGE_ROWS + RESULT_ROWS);
    migrate(database, '', 18);
    database.exec('UPDATE calibrations SET held_out = 7');
    migrate(database, '', 19);
    expect(database.prepare('SELECT held_out_patients AS patients FROM calibrations').get()).toEqual({ patients: 7 });
  });
});

describe('all migrations', () => {
  it('change nothing when they are there already', () => {
    const database = databaseWith(migrations.length);
    const schema = () => database.prepare('SELECT sql FROM sqlite_master ORDER BY name').all();
    const before = schema();
    migrate(database, '');
    expect(schema()).toEqual(before);
  });

  it('leave no trace of one that fails half way', () => {
    const database = databaseWith(1);
    database.exec('CREATE TABLE findings (in_the_way TEXT)');
    expect(() => migrate(database, '')).toThrow(/findings/);
    expect(version(database)).toBe(1);
    expect(database.prepare(`SELECT name FROM sqlite_master WHERE name = 'analyses'`).get()).toBeUndefined();
  });
});

describe('0014 report sentences', () => {
  it('keeps reports, and sentences that nobody can change or add to once the report is signed', () => {
    const database = databaseWith(2);
    database.exec(IMAGE_ROWS + RESULT_ROWS);
    migrate(database, '', 14);
    expect(database.prepare('SELECT language FROM reports').all()).toEqual([{ language: 'en' }]);
    const sentence = (number: number) => `INSERT INTO report_sentences VALUES ('1.2', ${number}, 'f', 'Words.', NULL)`;
    database.exec(`${sentence(1)}; UPDATE reports SET state = 'signed'`);
    expect(() => database.exec(sentence(2))).toThrow(/cannot change/);
    expect(() => database.exec(`UPDATE report_sentences SET sentence = ''`)).toThrow(/cannot change/);
    expect(() => database.exec('DELETE FROM report_sentences')).toThrow(/cannot be deleted/);
  });
});

describe('0015 dismissed', () => {
  it('no longer counts images on which everything was rejected before', () => {
    const database = databaseWith(2);
    database.exec(`${IMAGE_ROWS + RESULT_ROWS} UPDATE findings SET decision = 'rejected'`);
    migrate(database, '', 14);
    const counted = () => database.prepare('SELECT highest_score, flagged_frames FROM worklist').get();
    expect(counted()).toEqual({ highest_score: 0.7, flagged_frames: 1 });
    migrate(database, '', 15);
    expect(counted()).toEqual({ highest_score: null, flagged_frames: 0 });
    database.exec(`UPDATE findings SET decision = 'open'`);
    expect(counted()).toEqual({ highest_score: 0.7, flagged_frames: 1 });
  });
});

describe('0016 protocols', () => {
  it('knows no protocol of what is there, and lets one calibration be active per protocol', () => {
    const database = databaseWith(2);
    database.exec(IMAGE_ROWS + RESULT_ROWS);
    migrate(database, '', 16);
    expect(database.prepare('SELECT protocol FROM series').all()).toEqual([{ protocol: '' }]);
    database.exec(`CREATE TEMP TABLE copy AS SELECT * FROM calibrations; UPDATE copy SET id = 'd', protocol = 'Head'`);
    database.exec('INSERT INTO calibrations SELECT * FROM copy');
    database.exec(`UPDATE copy SET id = 'e'`);
    expect(() => database.exec('INSERT INTO calibrations SELECT * FROM copy')).toThrow(/UNIQUE/);
  });
});

describe('0021 measurements', () => {
  it('keeps measurements in planes with their study, and from the signature on', () => {
    const database = databaseWith(2);
    database.exec(IMAGE_ROWS + RESULT_ROWS);
    migrate(database, '');
    const inPlane = (id: string, series: string) =>
      `INSERT INTO plane_measurements VALUES ('${id}', '1.2', '${series}', 'length', '[0,1,0]', '[0,0,1]',
         '[0,0,0,4,0,3]', 'someone', '')`;
    expect(() => database.exec(inPlane('m', '9.9'))).toThrow(/FOREIGN KEY/);
    expect(database.prepare('SELECT spacing_at_detector FROM frames').pluck().all()).toEqual([0]);
    database.exec(`${inPlane('m', '1.2.1')}; UPDATE reports SET state = 'signed'`);
    expect(() => database.exec(`UPDATE plane_measurements SET points = '[]'`)).toThrow(/cannot change/);
    expect(() => database.exec('DELETE FROM plane_measurements')).toThrow(/cannot be deleted/);
  });

  it('takes the spacing of radiographs that are there for that of the detector', () => {
    const database = databaseWith(2);
    database.exec(`${IMAGE_ROWS} UPDATE series SET modality = 'DX'`);
    migrate(database, '');
    expect(database.prepare('SELECT spacing_at_detector FROM frames').pluck().all()).toEqual([1]);
  });
});
