/** Every call of the contract, answered by the services. */
import { type BrowserWindow, dialog, shell } from 'electron';
import type { Events } from '../../preload/contract/workstation.ts';
import { about } from '../services/about.ts';
import { normalPeaksOf, openLatestAnalysis, openMap } from '../services/analysis.ts';
import { annotationsOf, putAnnotation, removeAnnotation } from '../services/annotations.ts';
import { methodSettingsOf } from '../services/calibration.ts';
import { confirmCase, listCases, withdrawCase } from '../services/cases.ts';
import { driftOf } from '../services/drift.ts';
import { addFinding, decide, linkFinding, removeFinding, reshapeFinding } from '../services/findings.ts';
import { Images } from '../services/images.ts';
import { countPhotos, skippedFiles } from '../services/import.ts';
import { importedMap, importedResults } from '../services/imported-results.ts';
import type { Jobs } from '../services/jobs.ts';
import {
  listProviders,
  removeImportedModel,
  startModelExport,
  startModelImport,
  startModelVerification,
  startProviderTest,
} from '../services/model-jobs.ts';
import { listModels, listUnusableModels } from '../services/models.ts';
import { findNearestNormals } from '../services/nearest-normals.ts';
import type { NetworkLife } from '../services/network-life.ts';
import { allNodes } from '../services/nodes.ts';
import { previewAnomalies } from '../services/preview.ts';
import {
  activate,
  amendCalibration,
  listAllCalibrations,
  openEvidence,
  retire,
  rollBack,
} from '../services/profiles.ts';
import { readerName, setReaderName } from '../services/reader-profile.ts';
import { createReferenceSet, listAllReferenceSets, listMembers } from '../services/reference-sets.ts';
import { addAddendum, exportReportPdf, openReport, saveReport, signReport, writeWhole } from '../services/reports.ts';
import { hasBeenSent } from '../services/result-sending.ts';
import { listStoredScopes, misfitOf } from '../services/scope.ts';
import {
  resumeCalibration,
  startAnalysis,
  startCalibration,
  startDemo,
  startExport,
  startImport,
  startReplacing,
  startSending,
} from '../services/start.ts';
import { ReferenceChecks } from '../services/start-checks.ts';
import { supportBundle } from '../services/support.ts';
import { discardUnfinished, listUnfinished } from '../services/unfinished.ts';
import { findInWorklist, listWorklist, openForReading, rowsOfWorklist } from '../services/worklist.ts';
import { record, type Workstation } from '../services/workstation.ts';
import { versions } from './host.ts';
import type { Calls } from './ipc.ts';
import { networkCalls } from './network-calls.ts';

type Changed = (what: Events['data.changed']['what']) => void;

export function callsOf(
  window: BrowserWindow,
  station: Workstation,
  jobs: Jobs,
  network: NetworkLife,
  changed: Changed,
): Calls {
  const { db, folder } = station.store;
  const images = new Images(station);
  const checks = new ReferenceChecks(station, jobs);
  /** Hands the result on, and tells lists to look again. */
  const changing = <T>(what: Parameters<Changed>[0], result: T): T => {
    changed(what);
    return result;
  };
  return {
    'app.about': () => about(station, folder.root, versions),
    'app.policy': () => station.policy,
    'app.openDataFolder': async () => void (await shell.openPath(folder.root)),

    'support.preview': () => supportBundle(station, versions, new AbortController().signal),
    'support.save': async (shown) => {
      const chosen = await dialog.showSaveDialog(window, { defaultPath: 'mediclip-support.json' });
      if (chosen.canceled || !chosen.filePath) return null;
      await writeWhole(chosen.filePath, shown);
      return chosen.filePath;
    },

    ...networkCalls(station, network),

    'jobs.list': () => jobs.list(),
    'jobs.cancel': (id) => jobs.cancel(id),
    'jobs.pause': (id) => jobs.pause(id),

    'studies.list': () => listWorklist(db, jobs.list(), station.user),
    'studies.find': (query) => findInWorklist(station, jobs.list(), query),
    'studies.rows': (uids) => rowsOfWorklist(station, jobs.list(), uids),
    'studies.open': (uid) => {
      const { detail, firstTime } = openForReading(station, uid, jobs.list());
      record(station, 'study.view', uid);
      return firstTime ? changing('studies', detail) : detail;
    },
    'studies.choosePaths': async (what) => {
      const properties = what === 'folder' ? ['openDirectory' as const] : ['openFile' as const];
      const chosen = await dialog.showOpenDialog(window, { properties: [...properties, 'multiSelections'] });
      return chosen.canceled || chosen.filePaths.length === 0 ? null : chosen.filePaths;
    },
    'studies.countPhotos': (paths) => countPhotos(paths),
    'studies.importPaths': (paths, photo) => startImport(station, jobs, paths, photo),
    'studies.importDemo': () => startDemo(station, jobs),
    'studies.skippedFiles': (jobId) => skippedFiles(station, jobId),

    'images.pixels': (ref) => images.pixels(ref),
    'images.thumbnail': (ref) => images.thumbnail(ref),

    'referenceSets.list': () => listAllReferenceSets(station),
    'referenceSets.create': (request) => changing('referenceSets', createReferenceSet(station, request)),

    'referenceSets.members': (id) => listMembers(station, id),
    'referenceSets.check': (request) => checks.start(request),
    'referenceSets.checked': (jobId) => checks.found(jobId),
    'referenceSets.preview': (request) => previewAnomalies(station, request),

    'models.list': () => listModels(station),
    'models.unusable': () => listUnusableModels(station),
    'models.choose': async (what) => {
      const filters = [{ name: 'CLIP', extensions: ['mclip', 'pt', 'safetensors'] }];
      const chosen = await dialog.showOpenDialog(
        window,
        what === 'folder' ? { properties: ['openDirectory'] } : { properties: ['openFile'], filters },
      );
      return chosen.canceled ? null : (chosen.filePaths[0] ?? null);
    },
    'models.import': (request) => startModelImport(station, jobs, request),
    'models.verify': (name) => startModelVerification(station, jobs, name),
    'providers.list': (name) => listProviders(station, name),
    'providers.test': (name) => startProviderTest(station, jobs, name),
    'models.export': async (name) => {
      const chosen = await dialog.showSaveDialog(window, {
        defaultPath: `${name}.mclip`,
        filters: [{ name: 'MediCLIP model', extensions: ['mclip'] }],
      });
      return chosen.canceled || !chosen.filePath ? null : startModelExport(station, jobs, name, chosen.filePath);
    },
    'models.remove': async (name) => changing('models', await removeImportedModel(station, name)),

    'calibrations.list': () => listAllCalibrations(station),
    'calibrations.methodSettings': (preset) => methodSettingsOf(preset),
    'calibrations.start': (request) => startCalibration(station, jobs, request),
    'calibrations.activate': (id) => changing('calibrations', activate(station, id)),
    'calibrations.unfinished': () => listUnfinished(station, jobs.list()),
    'calibrations.resume': (id) => resumeCalibration(station, jobs, id),
    'calibrations.discard': (id) => changing('calibrations', discardUnfinished(station, jobs.list(), id)),
    'calibrations.rollBack': (id) => changing('calibrations', rollBack(station, id)),
    'calibrations.retire': (id) => changing('calibrations', retire(station, id)),
    'calibrations.amend': async (request) => changing('calibrations', await amendCalibration(station, request)),
    'calibrations.evidence': (id, toleratedShare) => openEvidence(station, id, toleratedShare),
    'calibrations.drift': (id) => driftOf(station, id),
    'calibrations.scopes': () => listStoredScopes(station),

    'cases.list': () => listCases(station),
    'cases.confirm': (ref, note) => changing('calibrations', confirmCase(station, ref, note)),
    'cases.withdraw': (ref) => changing('calibrations', withdrawCase(station, ref)),

    'calibrations.normalPeaks': (id) => normalPeaksOf(station.store, id),

    'analyses.misfit': (request) => misfitOf(station, request),
    'analyses.start': (request) => startAnalysis(station, jobs, request),
    'analyses.latest': (uid) => openLatestAnalysis(station.store, uid),
    'analyses.map': (analysisId, ref) => openMap(station.store, analysisId, ref),

    'findings.decide': (request) => changing('analyses', decide(station, request)),
    'findings.add': async (request) => changing('analyses', await addFinding(station, request)),
    'findings.reshape': async (request) => changing('analyses', await reshapeFinding(station, request)),
    'findings.link': (request) => changing('analyses', linkFinding(station, request)),
    'findings.remove': (id) => changing('analyses', removeFinding(station, id)),

    'annotations.list': (uid) => annotationsOf(station, uid),
    'annotations.put': (request) => putAnnotation(station, request),
    'annotations.remove': (id) => changing('analyses', removeAnnotation(station, id)),

    'findings.nearestNormals': ({ findingId }) => findNearestNormals(station, findingId),

    'reports.get': (uid) => openReport(station, uid),
    'reports.save': (request) => changing('reports', saveReport(station, request)),
    'reports.sign': (uid) => {
      const report = signReport(station, uid);
      changed('studies');
      return changing('reports', report);
    },
    'reports.addendum': (request) => {
      const report = addAddendum(station, request);
      if (hasBeenSent(station, request.studyInstanceUid)) startReplacing(station, jobs, request.studyInstanceUid);
      changed('analyses');
      return changing('reports', report);
    },
    'reader.name': () => readerName(station),
    'reader.setName': (name) => setReaderName(station, name),

    'results.export': async (request) => {
      if (request.to.kind === 'node') return startSending(station, jobs, request, request.to.name);
      const chosen = await dialog.showOpenDialog(window, { properties: ['openDirectory', 'createDirectory'] });
      const [folder] = chosen.filePaths;
      return chosen.canceled || !folder ? null : startExport(station, jobs, request, folder, request.to.kind);
    },
    'results.nodes': () => allNodes(station).map(({ name }) => name),
    'results.imported': (uid) => importedResults(station, uid),
    'results.importedMap': (uid, ref) => importedMap(station, uid, ref),

    'reports.exportPdf': async (uid) => {
      const chosen = await dialog.showSaveDialog(window, {
        defaultPath: `report-${uid.slice(-12)}.pdf`,
        filters: [{ name: 'PDF', extensions: ['pdf'] }],
      });
      if (chosen.canceled || !chosen.filePath) return null;
      await exportReportPdf(station, uid, chosen.filePath);
      return chosen.filePath;
    },
  };
}
