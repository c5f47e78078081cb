/** Every call of the contract, answered by the services. */
import { type BrowserWindow, dialog, shell } from 'electron';
import type { BeforeAfter, CheckedImage } from '../../preload/contract/model.ts';
import type { Events } from '../../preload/contract/workstation.ts';
import { about } from '../services/about.ts';
import { normalPeaksOf, openLatestAnalysis, openMap, openRunningAnalysis } from '../services/analysis.ts';
import {
  annotationsOf,
  planeMeasurementsOf,
  putAnnotation,
  putPlaneMeasurement,
  removeAnnotation,
  removePlaneMeasurement,
} from '../services/annotations.ts';
import { methodSettingsOf, planDraw } from '../services/calibration.ts';
import { calibrationSuffix } from '../services/calibration-file.ts';
import { fileNameOf, inspectCalibrationFile, ownFingerprint } from '../services/calibration-transfer.ts';
import { lossOf } from '../services/carry-over.ts';
import { confirmCase, listCases, withdrawCase } from '../services/cases.ts';
import { driftOf } from '../services/drift.ts';
import { calibrationFacts, exportEvaluationCard } from '../services/evaluation-card.ts';
import { startCheck, startComparison, startNullBaseline } from '../services/evidence-jobs.ts';
import { reportedFindings } from '../services/finding-sentences.ts';
import { addFinding, decide, linkFinding, removeFinding, reshapeFinding } from '../services/findings.ts';
import { Images } from '../services/images.ts';
import { countPhotos, skippedFiles } from '../services/import.ts';
import { importedMap, importedMask, importedMasks, importedResults } from '../services/imported-results.ts';
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
import { NewestResult } from '../services/newest-result.ts';
import { allNodes } from '../services/nodes.ts';
import { policyProblems } from '../services/policy.ts';
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
import {
  hangingProtocols,
  keepProtocol,
  keepSession,
  keepTemplate,
  removeProtocol,
  removeTemplate,
  reportTemplates,
  sessionOf,
} from '../services/reading-room.ts';
import { createReferenceSet, listAllReferenceSets, listMembers } from '../services/reference-sets.ts';
import { removeStudies } from '../services/removal.ts';
import {
  addAddendum,
  exportReportPdf,
  openReport,
  printReport,
  saveReport,
  signReport,
  writeWhole,
} from '../services/reports.ts';
import { calibrationFor, listStoredKinds, misfitOf } from '../services/scope.ts';
import {
  resumeCalibration,
  startAnalysis,
  startCalibration,
  startDeidentifying,
  startDemo,
  startExport,
  startImport,
  startSending,
} from '../services/start.ts';
import { supportBundle } from '../services/support.ts';
import { offerTour } from '../services/tour.ts';
import {
  startCalibrationExport,
  startCalibrationImport,
  startSetExport,
  startSetImport,
} from '../services/transfer-jobs.ts';
import { discardUnfinished, listUnfinished } from '../services/unfinished.ts';
import { setLockAfter, unlockByPassphrase, vaultState } from '../services/vault.ts';
import { findInWorklist, listWorklist, openForReading, priorsOf, rowsOfWorklist } from '../services/worklist.ts';
import { record, type Workstation } from '../services/workstation.ts';
import { versions } from './host.ts';
import type { Calls } from './ipc.ts';
import { licenceTexts } from './licences.ts';
import { networkCalls } from './network-calls.ts';
import { printOnPaper } from './print.ts';
import type { WindowLock } from './window-lock.ts';

/** For screens that many people use: the tour does not open by itself. */
const NO_TOUR = '--no-tour';

const calibrationFiles = { name: 'MediCLIP calibration', extensions: [calibrationSuffix.slice(1)] };

type Changed = (what: Events['data.changed']['what']) => void;

export function callsOf(
  window: BrowserWindow,
  station: Workstation,
  jobs: Jobs,
  network: NetworkLife,
  lock: WindowLock,
  changed: Changed,
): Calls {
  const { db, folder } = station.store;
  const images = new Images(station);
  const checks = new NewestResult<readonly CheckedImage[]>(jobs);
  const comparisons = new NewestResult<BeforeAfter>(jobs);
  /** Hands the result on, and tells lists to look again. */
  const changing = <T>(what: Parameters<Changed>[0], result: T): T => {
    changed(what);
    return result;
  };
  return {
    'app.about': () => about(station, folder.root, versions),
    'app.policy': () => station.policy,
    'app.policyProblems': () => policyProblems(station.policy, station),
    'app.openDataFolder': async () => {
      record(station, 'data-folder.open', '');
      await shell.openPath(folder.root);
    },
    'app.licences': licenceTexts,
    'app.offerTour': () => !process.argv.includes(NO_TOUR) && offerTour(station),

    'vault.state': () => vaultState(station, lock.locked),
    'vault.unlock': async (passphrase) => {
      await unlockByPassphrase(folder.root, passphrase);
      lock.locked = false;
    },
    'vault.lock': () => lock.lock(),
    'vault.lockAfter': (minutes) => setLockAfter(station, minutes),

    'support.preview': () => supportBundle(station, versions, new AbortController().signal),
    'support.save': async (shown) => {
      const chosen = await dialog.showSaveDialog(window, { defaultPath: 'mediclip-support.json' });
      if (chosen.canceled || !chosen.filePath) return null;
      await writeWhole(chosen.filePath, shown);
      record(station, 'support.export', '');
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
    'studies.priors': (uid) => priorsOf(station, jobs.list(), uid),
    'studies.remove': async (uid) => {
      await removeStudies(station, jobs.list(), [uid]);
      changed('studies');
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

    'referenceSets.export': async (id) => {
      const properties = ['openDirectory' as const, 'createDirectory' as const];
      const [to] = (await dialog.showOpenDialog(window, { properties })).filePaths;
      return to === undefined ? null : startSetExport(station, jobs, id, to);
    },
    'referenceSets.import': async () => {
      const [from] = (await dialog.showOpenDialog(window, { properties: ['openDirectory'] })).filePaths;
      return from === undefined ? null : startSetImport(station, jobs, from);
    },
    'referenceSets.members': (id) => listMembers(station, id),
    'referenceSets.check': (request) => startCheck(station, checks, request),
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
    'calibrations.plan': (request) => planDraw(station, request),
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
    'calibrations.scopes': () => listStoredKinds(station),
    'calibrations.measureNullBaseline': (id) => startNullBaseline(station, jobs, id),
    'calibrations.compare': (request) => startComparison(station, comparisons, request),
    'calibrations.compared': (jobId) => comparisons.found(jobId),
    'calibrations.fingerprint': () => ownFingerprint(station),
    'calibrations.export': async (id) => {
      const chosen = await dialog.showSaveDialog(window, {
        defaultPath: `${fileNameOf(station, id)}${calibrationSuffix}`,
        filters: [calibrationFiles],
      });
      return chosen.canceled || !chosen.filePath ? null : startCalibrationExport(station, jobs, id, chosen.filePath);
    },
    'calibrations.facts': (id) => calibrationFacts(station, id),
    'calibrations.exportCard': async (id, language) => {
      const chosen = await dialog.showSaveDialog(window, {
        defaultPath: `${fileNameOf(station, id)}.pdf`,
        filters: [{ name: 'PDF', extensions: ['pdf'] }],
      });
      if (chosen.canceled || !chosen.filePath) return null;
      await exportEvaluationCard(station, id, chosen.filePath, language);
      return chosen.filePath;
    },
    'calibrations.chooseFile': async () => {
      const chosen = await dialog.showOpenDialog(window, { properties: ['openFile'], filters: [calibrationFiles] });
      const [path] = chosen.filePaths;
      return chosen.canceled || !path ? null : await inspectCalibrationFile(station, path);
    },
    'calibrations.import': (request) => startCalibrationImport(station, jobs, request),

    'cases.list': () => listCases(station),
    'cases.confirm': (ref, note) => changing('calibrations', confirmCase(station, ref, note)),
    'cases.withdraw': (ref) => changing('calibrations', withdrawCase(station, ref)),

    'calibrations.normalPeaks': (id) => normalPeaksOf(station.store, id),

    'analyses.choice': (uid) => calibrationFor(station, uid),
    'analyses.misfit': (request) => misfitOf(station, request),
    'analyses.start': (request) => startAnalysis(station, jobs, request),
    'analyses.loss': (uid) => lossOf(station.store, uid),
    'analyses.latest': (uid) => openLatestAnalysis(station.store, uid),
    'analyses.running': (uid) => openRunningAnalysis(station.store, uid),
    'analyses.map': (analysisId, ref) => openMap(station.store, analysisId, ref),

    'findings.decide': (request) => changing('analyses', decide(station, request)),
    'findings.add': async (request) => changing('analyses', await addFinding(station, request)),
    'findings.reshape': async (request) => changing('analyses', await reshapeFinding(station, request)),
    'findings.link': (request) => changing('analyses', linkFinding(station, request)),
    'findings.remove': (id) => changing('analyses', removeFinding(station, id)),

    'annotations.list': (uid) => annotationsOf(station, uid),
    'annotations.put': (request) => {
      putAnnotation(station, request);
      if ((request.measures ?? []).length > 0) changed('analyses');
    },
    'annotations.remove': (id) => changing('analyses', removeAnnotation(station, id)),
    'annotations.listInPlanes': (uid) => planeMeasurementsOf(station, uid),
    'annotations.putInPlane': (request) => putPlaneMeasurement(station, request),
    'annotations.removeInPlane': (id) => removePlaneMeasurement(station, id),

    'findings.nearestNormals': ({ findingId }) => findNearestNormals(station, findingId),

    'reports.get': (uid) => openReport(station, uid),
    'reports.save': (request) => changing('reports', saveReport(station, request)),
    'reports.sentences': (uid, language) => reportedFindings(station, uid, language),
    'reports.sign': (uid, language) => {
      const report = signReport(station, uid, language);
      changed('studies');
      return changing('reports', report);
    },
    'reports.addendum': (request) => {
      const report = addAddendum(station, request);
      network.queueChanged();
      changed('analyses');
      return changing('reports', report);
    },
    'reader.name': () => readerName(station),
    'reader.setName': (name) => setReaderName(station, name),

    'protocols.list': () => hangingProtocols(station),
    'protocols.save': (protocol) => keepProtocol(station, protocol),
    'protocols.remove': (id) => removeProtocol(station, id),
    'templates.list': () => reportTemplates(station),
    'templates.save': (template) => keepTemplate(station, template),
    'templates.remove': (id) => removeTemplate(station, id),
    'session.get': () => sessionOf(station),
    'session.save': (session) => keepSession(station, session),

    'results.export': async (request) => {
      if (request.to.kind === 'node') return startSending(station, jobs, request, request.to.name);
      const chosen = await dialog.showOpenDialog(window, { properties: ['openDirectory', 'createDirectory'] });
      const [folder] = chosen.filePaths;
      return chosen.canceled || !folder ? null : startExport(station, jobs, request, folder, request.to.kind);
    },
    'studies.deidentify': async (request) => {
      const defaultPath = 'de-identified.zip';
      const archives = [{ name: 'Zip', extensions: ['zip'] }];
      const to =
        request.as === 'zip'
          ? (await dialog.showSaveDialog(window, { defaultPath, filters: archives })).filePath
          : (await dialog.showOpenDialog(window, { properties: ['openDirectory', 'createDirectory'] })).filePaths[0];
      return to ? startDeidentifying(station, jobs, request, to) : null;
    },
    'results.nodes': () => allNodes(station).map(({ name }) => name),
    'results.imported': (uid) => importedResults(station, uid),
    'results.importedMap': (uid, ref) => importedMap(station, uid, ref),
    'results.importedMask': (uid, ref) => importedMask(station, uid, ref),
    'results.importedMasks': (uid) => importedMasks(station, uid),

    'reports.print': (uid, language) => printReport(station, uid, printOnPaper, language),
    'reports.exportPdf': async (uid, language) => {
      const chosen = await dialog.showSaveDialog(window, {
        defaultPath: `report-${uid.slice(-12)}.pdf`,
        filters: [{ name: 'PDF', extensions: ['pdf'] }],
      });
      if (chosen.canceled || !chosen.filePath) return null;
      await exportReportPdf(station, uid, chosen.filePath, language);
      return chosen.filePath;
    },
  };
}
