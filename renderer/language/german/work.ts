/** Studies, findings, reports, the data folder and the administrator. */
export const germanWork: Readonly<Record<string, string>> = {
  'The application is closing.': 'Die Anwendung wird geschlossen.',
  'This is no package: the licences of what is inside lie in node_modules.':
    'Dies ist kein Paket: Die Lizenzen der Bestandteile liegen in node_modules.',
  'This study is not in the worklist. Import it first.':
    'Diese Studie steht nicht in der Arbeitsliste. Importieren Sie sie zuerst.',
  'This image is not in the store. Import it first.': 'Dieses Bild ist nicht gespeichert. Importieren Sie es zuerst.',
  'This image is not part of the analysis.': 'Dieses Bild gehört nicht zur Analyse.',
  'There is no such analysis.': 'Diese Analyse gibt es nicht.',
  'There is no such finding.': 'Diesen Fund gibt es nicht.',
  'There is no such measurement.': 'Diese Messung gibt es nicht.',
  'This study has no images to analyse, only localisers.':
    'Diese Studie hat keine Bilder zum Analysieren, nur Übersichtsaufnahmen.',
  'This study has no images.': 'Diese Studie hat keine Bilder.',
  'A job is at work on this study. Wait for its end, or cancel it.':
    'Eine Aufgabe arbeitet an dieser Studie. Warten Sie ihr Ende ab oder brechen Sie sie ab.',
  'This study cannot be removed: {}.': 'Diese Studie kann nicht entfernt werden: {}.',
  'The report of this study is signed, so it cannot be analysed again.':
    'Der Befund dieser Studie ist signiert; sie kann nicht noch einmal analysiert werden.',
  'The report of this study is signed, so its findings cannot change.':
    'Der Befund dieser Studie ist signiert; ihre Funde bleiben, wie sie sind.',
  'The report of this study is signed, so its measurements cannot change.':
    'Der Befund dieser Studie ist signiert; ihre Messungen bleiben, wie sie sind.',
  'This report is signed, so it cannot change.': 'Dieser Befund ist signiert und bleibt, wie er ist.',
  'This report is not signed yet: change the report itself.':
    'Dieser Befund ist noch nicht signiert: Ändern Sie ihn selbst.',
  'Only a signed report leaves the workstation. Sign it first.':
    'Nur ein signierter Befund verlässt die Workstation. Signieren Sie ihn zuerst.',
  'Only accepted findings of this report can be taken back.':
    'Nur angenommene Funde dieses Befundes können zurückgenommen werden.',
  'Write what the addendum changes and why.': 'Schreiben Sie, was der Nachtrag ändert und warum.',
  'Findings are taken back with a reason, and a reason needs findings.':
    'Funde werden mit einem Grund zurückgenommen, und ein Grund braucht Funde.',
  'This finding comes from the map. Reject it; then it appears nowhere.':
    'Dieser Fund kommt aus der Karte. Weisen Sie ihn zurück; dann erscheint er nirgends.',
  'The report was not printed ({}). Check the printer, or export a PDF.':
    'Der Befund wurde nicht gedruckt ({}). Prüfen Sie den Drucker oder exportieren Sie ein PDF.',
  'Give a name of at most 64 characters without \\, ^ and =.':
    'Geben Sie einen Namen von höchstens 64 Zeichen ohne \\, ^ und = an.',
  'This result is not here any more. Start it again.': 'Dieses Ergebnis ist nicht mehr hier. Beginnen Sie noch einmal.',
  'There is no such job. It may have ended in an earlier session.':
    'Diese Aufgabe gibt es nicht. Vielleicht endete sie in einer früheren Sitzung.',
  'The window is locked. Enter the passphrase first.': 'Das Fenster ist gesperrt. Geben Sie zuerst die Passphrase ein.',
  'This passphrase does not open this data folder. Nothing was changed; try again.':
    'Diese Passphrase öffnet diesen Datenordner nicht. Nichts wurde geändert; versuchen Sie es noch einmal.',
  'Choose a passphrase of at least {} characters.': 'Wählen Sie eine Passphrase von mindestens {} Zeichen.',
  'Your administrator has set the nodes.': 'Ihre Verwaltung hat die Knoten festgelegt.',
  'Your administrator has switched the network off.': 'Ihre Verwaltung hat das Netz abgeschaltet.',
  'Your administrator has set after how long the window locks.':
    'Ihre Verwaltung hat festgelegt, nach welcher Zeit das Fenster sich sperrt.',
  'Your administrator allows calibration with the model "{}" only.':
    'Ihre Verwaltung erlaubt Kalibrierungen nur mit dem Modell „{}“.',
  'Another process is writing to the database. Try again once it has finished.':
    'Ein anderer Prozess schreibt in die Datenbank. Versuchen Sie es noch einmal, sobald er fertig ist.',
  'This image does not belong to the study.': 'Dieses Bild gehört nicht zur Studie.',
  'This finding is there already.': 'Diesen Fund gibt es schon.',
  'This study was decided on. Another analysis would lose that: say so to go on.':
    'Über diese Studie wurde entschieden. Eine weitere Analyse verlöre das; bestätigen Sie es, um fortzufahren.',
  '{} of {} images flagged, {} findings to decide on.': '{} von {} Bildern markiert, {} Funde zu entscheiden.',
  'There is no study of a patient with this ID.': 'Es gibt keine Studie eines Patienten mit dieser ID.',
  '{} fictional studies are in the worklist.': '{} erfundene Studien stehen in der Arbeitsliste.',
  '{} files were written to {}.': '{} Dateien wurden nach {} geschrieben.',
  '{} studies and {} files were removed.': '{} Studien und {} Dateien wurden entfernt.',
  '{} written without identity to {}.': '{} ohne Identität nach {} geschrieben.',
  'This is a file, not a folder. Name a folder for the results.':
    'Das ist eine Datei, kein Ordner. Nennen Sie einen Ordner für die Ergebnisse.',
  'There is no format "{}". Known are {}.': 'Das Format „{}“ gibt es nicht. Bekannt sind {}.',
  'A medium needs a folder of its own. Choose an empty one.':
    'Ein Datenträger für andere braucht einen eigenen Ordner. Wählen Sie einen leeren.',
  'These are too many or too large files for one zip archive. Choose a folder instead.':
    'Das sind zu viele oder zu große Dateien für ein Zip-Archiv. Wählen Sie stattdessen einen Ordner.',

  'This is not a database of this application.': 'Das ist keine Datenbank dieser Anwendung.',
  'The database does not open with the key of this data folder: it belongs to another folder, or is damaged. Put the keys.json that belongs to it beside it, or restore a backup.':
    'Die Datenbank öffnet sich nicht mit dem Schlüssel dieses Datenordners: Sie gehört zu einem anderen Ordner oder ist beschädigt. Legen Sie die zugehörige keys.json daneben, oder stellen Sie eine Sicherung wieder her.',
  'The database code needs Node-API {}; this runtime has {}. Start with npm start, which provides a matching build, or name one in MEDICLIP_SQLITE_BINDING.':
    'Der Datenbankcode braucht Node-API {}; diese Laufzeit hat {}. Starten Sie mit npm start, das den passenden bereitstellt, oder nennen Sie einen in MEDICLIP_SQLITE_BINDING.',
  'A row of {} points at a row of {} that is not there.':
    'Eine Zeile von {} verweist auf eine Zeile von {}, die es nicht gibt.',
  'The database is damaged. Close the application, keep a copy of the data folder, and restore a backup with "db restore".':
    'Die Datenbank ist beschädigt. Schließen Sie die Anwendung, heben Sie eine Kopie des Datenordners auf, und stellen Sie mit „db restore“ eine Sicherung wieder her.',
  'This is not allowed: {}.': 'Das ist nicht erlaubt: {}.',
  'The database cannot be read or written here. Check the disk and its permissions.':
    'Die Datenbank lässt sich hier nicht lesen oder schreiben. Prüfen Sie den Datenträger und seine Rechte.',
  'The data folder cannot be made or opened here. Choose another with --data-dir.':
    'Der Datenordner lässt sich hier nicht anlegen oder öffnen. Wählen Sie mit --data-dir einen anderen.',
  'The key of this workstation is damaged. Restore it, or remove the file for a new one.':
    'Der Schlüssel dieser Workstation ist beschädigt. Stellen Sie ihn wieder her, oder entfernen Sie die Datei für einen neuen.',
  'This data folder is half converted. Run "db {}" to its end.':
    'Dieser Datenordner ist halb umgewandelt. Führen Sie „db {}“ zu Ende.',
  'This data folder is encrypted. Unlock it with its passphrase first.':
    'Dieser Datenordner ist verschlüsselt. Öffnen Sie ihn zuerst mit seiner Passphrase.',
  'The data folder is encrypted. Enter its passphrase first.':
    'Der Datenordner ist verschlüsselt. Geben Sie zuerst seine Passphrase ein.',
  'This is no backup, or one that is encrypted: then give its passphrase with --backup-passphrase-file, or restore it into an empty data folder with --passphrase-file.':
    'Das ist keine Sicherung oder eine verschlüsselte: Geben Sie dann ihre Passphrase mit --backup-passphrase-file an, oder stellen Sie sie mit --passphrase-file in einem leeren Datenordner wieder her.',
  'The database could not be brought up to date, and is as it was. Stay with the older version and keep the log.':
    'Die Datenbank ließ sich nicht auf den neuen Stand bringen und ist, wie sie war. Bleiben Sie bei der älteren Version und heben Sie das Protokoll auf.',
  'This database is to be replaced, but another process has it open. Close every window and command of the application, then start again.':
    'Diese Datenbank soll ersetzt werden, aber ein anderer Prozess hat sie offen. Schließen Sie alle Fenster und Befehle der Anwendung, und beginnen Sie noch einmal.',
  'A newer version of the application made this database (schema {}, this version knows {}). Update the application, or choose another folder with --data-dir.':
    'Eine neuere Version der Anwendung hat diese Datenbank angelegt (Schema {}, diese Version kennt {}). Aktualisieren Sie die Anwendung, oder wählen Sie mit --data-dir einen anderen Ordner.',
  'The audit trail is broken at entry {}; it is not exported as if it were whole.':
    'Das Protokoll ist bei Eintrag {} unterbrochen; es wird nicht exportiert, als wäre es ganz.',
  'This data folder is not encrypted.': 'Dieser Datenordner ist nicht verschlüsselt.',
  'This data folder is being decrypted. Finish that first.':
    'Dieser Datenordner wird gerade entschlüsselt. Bringen Sie das zuerst zu Ende.',
  'This data folder is encrypted already.': 'Dieser Datenordner ist schon verschlüsselt.',
  'This data folder is being encrypted. Finish that first.':
    'Dieser Datenordner wird gerade verschlüsselt. Bringen Sie das zuerst zu Ende.',
  'This system has no key store that protects anything. Use the passphrase alone, or install GNOME Keyring or KWallet.':
    'Dieses System hat keinen Schlüsselspeicher, der etwas schützt. Verwenden Sie nur die Passphrase, oder installieren Sie GNOME Keyring oder KWallet.',
  'The file with the key of this backup, keys.json, is not beside it.':
    'Die Datei mit dem Schlüssel dieser Sicherung, keys.json, liegt nicht daneben.',
  'The file with the keys of this data folder is damaged or from a newer version. Put its copy from a backup in its place.':
    'Die Datei mit den Schlüsseln dieses Datenordners ist beschädigt oder von einer neueren Version. Legen Sie ihre Kopie aus einer Sicherung an ihre Stelle.',
  "The administrator's policy is not valid: {}": 'Die Richtlinie der Verwaltung ist nicht gültig: {}',
  'The administrator\'s policy allows calibration with the model "{}" only, which is not installed (installed: {}). Import it, or correct the policy.':
    'Die Richtlinie der Verwaltung erlaubt Kalibrierungen nur mit dem Modell „{}“, das nicht installiert ist (installiert: {}). Importieren Sie es, oder berichtigen Sie die Richtlinie.',
  'This page may not talk to the application.': 'Diese Seite darf nicht mit der Anwendung sprechen.',
  'The application has no such call.': 'Diesen Aufruf kennt die Anwendung nicht.',
  '{} was called with something it does not take: {}.': '{} wurde mit etwas aufgerufen, das es nicht nimmt: {}.',
};
