/** Models, processors, calibrations and reference sets. */
export const germanModels: Readonly<Record<string, string>> = {
  'There is no model named "{}". "models list" names those there are.':
    'Es gibt kein Modell namens „{}“. Welche es gibt, steht unter Modelle.',
  'There is no model named "{}".': 'Es gibt kein Modell namens „{}“.',
  'The model "{}" belongs to the application and cannot be removed.':
    'Das Modell „{}“ gehört zur Anwendung und kann nicht entfernt werden.',
  'The model "{}" that this profile was calibrated on is not here. Import it, or name its folder with --model.':
    'Das Modell „{}“, auf dem kalibriert wurde, ist nicht hier. Importieren Sie es.',
  '"{}" is the application\'s own model. Choose another name.':
    '„{}“ ist das Modell der Anwendung. Wählen Sie einen anderen Namen.',
  'The model "{}" is here; {}.': 'Das Modell „{}“ ist hier; {}.',
  'Every file of the model "{}" is as it was imported.':
    'Jede Datei des Modells „{}“ ist so, wie sie importiert wurde.',
  'The model "{}" works on {} when left to choose.': 'Das Modell „{}“ rechnet auf {}, wenn es frei wählen darf.',
  'The model "{}" was written to {}.': 'Das Modell „{}“ wurde nach {} geschrieben.',
  'Models: there is no model to calibrate with.': 'Modelle: Es gibt kein Modell zum Kalibrieren.',

  '{} is damaged: {} in it was altered. Copy the file again.':
    '{} ist beschädigt: {} darin wurde verändert. Kopieren Sie die Datei noch einmal.',
  '{} is not a packed model, or incomplete: it has no {}.':
    '{} ist kein gepacktes Modell oder unvollständig: {} fehlt.',
  '{} gives its two towers different activations, which is not supported.':
    '{} gibt seinen beiden Türmen verschiedene Aktivierungen, was nicht unterstützt wird.',
  '{} describes a CLIP that cannot be: image {}, patch {}, heads {} of {} and {} of {}.':
    '{} beschreibt ein CLIP, das es nicht geben kann: Bild {}, Patch {}, Köpfe {} von {} und {} von {}.',
  '{} is not a model that can be used here: found a {}, wanted a CLIP with a vision transformer.':
    '{} ist kein Modell, das hier verwendbar ist: gefunden {}, gebraucht ein CLIP mit Vision-Transformer.',
  '{} is damaged or incomplete: it is not a JSON object.':
    '{} ist beschädigt oder unvollständig: Es ist kein JSON-Objekt.',
  '{} is not a valid configuration: {}: {}.': '{} ist keine gültige Konfiguration: {}: {}.',
  "{} is not a model file. Choose a Hugging Face or OpenCLIP folder, or a .pt file of OpenAI's CLIP.":
    '{} ist keine Modelldatei. Wählen Sie einen Ordner von Hugging Face oder OpenCLIP oder eine .pt-Datei von OpenAIs CLIP.',
  "{} has no config.json. To import OpenAI's CLIP choose the file itself, for instance {}.":
    '{} hat keine config.json. Wählen Sie für OpenAIs CLIP die Datei selbst, zum Beispiel {}.',
  '{} has neither config.json nor open_clip_config.json, so it is not a CLIP folder.':
    '{} hat weder config.json noch open_clip_config.json, ist also kein CLIP-Ordner.',
  '{} has {}. Add the weights in the safetensors format.':
    '{} hat {}. Fügen Sie die Gewichte im Format safetensors hinzu.',
  '{} refers to "{}", which is not a file beside it.': '{} verweist auf „{}“, und diese Datei liegt nicht daneben.',
  '{} lacks {}, which its index promises.': 'In {} fehlt {}, was der Index verspricht.',
  'No CLIP has a tensor named {}.': 'Kein CLIP hat einen Tensor namens {}.',
  '{} has {} in a size that no memory here holds: [{}].':
    '{} hat {} in einer Größe, die hier in keinen Speicher passt: [{}].',
  '{} lacks the tensor {}, which a CLIP of this size has.': 'In {} fehlt der Tensor {}, den ein CLIP dieser Größe hat.',
  '{} has {} in the shape [{}], where {} says [{}].': '{} hat {} in der Form [{}], wo {} [{}] sagt.',
  '{} has {} tokens, and the model beside it {}.': '{} hat {} Token, und das Modell daneben {}.',
  'A model pack cannot have {}.': 'Ein Modellpaket kann nicht {} haben.',
  '{} is damaged or was altered. Import the model again.':
    '{} ist beschädigt oder wurde verändert. Importieren Sie das Modell noch einmal.',
  '{} was not written by this version of the program ({}). Import the model again.':
    '{} wurde nicht von dieser Programmversion geschrieben ({}). Importieren Sie das Modell noch einmal.',
  '{} places {} outside {}.': '{} legt {} außerhalb von {} ab.',
  '{} does not list {} ({}).': '{} führt {} nicht auf ({}).',
  "The model's tensor {} holds a value that is not a finite number.":
    'Der Tensor {} des Modells enthält einen Wert, der keine endliche Zahl ist.',
  "The model's tensor {} has values too large for float16. Import it as float32.":
    'Der Tensor {} des Modells hat Werte, die für float16 zu groß sind. Importieren Sie es als float32.',
  '"{}" cannot be a model\'s name: use letters, digits, spaces and . _ @ - only.':
    '„{}“ kann kein Modellname sein: erlaubt sind Buchstaben, Ziffern, Leerzeichen und . _ @ -.',
  'There is already a model named "{}". Remove it first or choose another name.':
    'Ein Modell namens „{}“ gibt es schon. Entfernen Sie es zuerst oder wählen Sie einen anderen Namen.',
  'The model needs {} and only {} are free.': 'Das Modell braucht {}, und nur {} sind frei.',
  '{} {}. Remove the model "{}" and import it again.':
    '{} {}. Entfernen Sie das Modell „{}“ und importieren Sie es noch einmal.',
  '{} has no tensor named {}.': '{} hat keinen Tensor namens {}.',
  '{} stores {} as {}, which is not supported.': '{} speichert {} als {}, was nicht unterstützt wird.',
  '{} is damaged or incomplete: {}. Copy or download the file again.':
    '{} ist beschädigt oder unvollständig: {}. Kopieren oder laden Sie die Datei noch einmal.',
  'Tensor {} has {} bytes, which its shape [{}] denies.':
    'Der Tensor {} hat {} Bytes, was seiner Form [{}] widerspricht.',
  '{} lacks the token {}.': 'In {} fehlt das Token {}.',
  'The model\'s vocabulary cannot express "{}". Choose other words.':
    'Das Vokabular des Modells kann „{}“ nicht ausdrücken. Wählen Sie andere Wörter.',
  "The model has {} tokens, which is not CLIP's vocabulary. Import it again with its vocab.json and merges.txt beside it.":
    'Das Modell hat {} Token, und das ist nicht das Vokabular von CLIP. Importieren Sie es noch einmal mit vocab.json und merges.txt daneben.',
  'The model came without a vocabulary, so only the default phrases can be used, and "{}" is not in them. Import it again with vocab.json and merges.txt (or bpe_simple_vocab_16e6.txt.gz) beside it.':
    'Das Modell kam ohne Vokabular; nur die vorgegebenen Wendungen gehen, und „{}“ ist nicht darunter. Importieren Sie es noch einmal mit vocab.json und merges.txt (oder bpe_simple_vocab_16e6.txt.gz) daneben.',
  '{} is damaged or incomplete: it does not decompress.':
    '{} ist beschädigt oder unvollständig: Es lässt sich nicht entpacken.',
  '{} has {} merges of {}.': '{} hat {} Merges von {}.',
  '{} is too long for a vocabulary.': '{} ist für ein Vokabular zu lang.',
  '{} is damaged or incomplete: it is not JSON.': '{} ist beschädigt oder unvollständig: Es ist kein JSON.',
  "{} is not a vocabulary of CLIP's kind: {}: {}.": '{} ist kein Vokabular von der Art, die CLIP hat: {}: {}.',
  '{} is a zip file, but not one that PyTorch wrote.': '{} ist eine Zip-Datei, aber keine, die PyTorch schrieb.',
  '{} stores its numbers in {}-endian order, which is not supported.':
    '{} speichert seine Zahlen in der Bytefolge {}-endian, was nicht unterstützt wird.',
  '{} is damaged or incomplete: {} is missing from it.': '{} ist beschädigt oder unvollständig: {} fehlt darin.',
  '{} is damaged: {} has {} of {} bytes.': '{} ist beschädigt: {} hat {} von {} Bytes.',
  '{} is damaged: its modules nest endlessly.': '{} ist beschädigt: Seine Module sind endlos verschachtelt.',
  '{} was refused: besides tensors it asks for "{}", which a model file has no need of.':
    '{} wurde abgewiesen: Neben Tensoren verlangt die Datei „{}“, was eine Modelldatei nicht braucht.',
  '{} is encrypted.': '{} ist verschlüsselt.',
  '{} stores {} in a way that model files do not.': '{} speichert {} auf eine Weise, die Modelldateien nicht haben.',
  '{} stores {} compressed.': '{} speichert {} komprimiert.',

  'A head needs at least one tap.': 'Ein Kopf braucht mindestens einen Abgriff.',
  'Prompts learn one step at a time.': 'Prompts lernen einen Schritt nach dem anderen.',
  'A map of {} values has a mask of {}, at {} x {}.': 'Eine Karte von {} Werten hat eine Maske von {}, bei {} x {}.',
  'There are more than {} abnormal regions; evaluate fewer images at once.':
    'Es gibt mehr als {} auffällige Regionen; werten Sie weniger Bilder auf einmal aus.',
  'Give at least one phrase for normal and one for abnormal.':
    'Geben Sie mindestens eine Wendung für normal und eine für auffällig an.',
  'A phrase is empty. Remove it.': 'Eine Wendung ist leer. Entfernen Sie sie.',
  'A phrase has {} tokens and the model takes {}. Shorten it.':
    'Eine Wendung hat {} Token, und das Modell nimmt {}. Kürzen Sie sie.',
  'Full attention runs over all {} tokens, not over {}.': 'Volle Attention läuft über alle {} Token, nicht über {}.',
  'Layers {} cannot be read from a vision tower of {} layers.':
    'Die Schichten {} lassen sich aus einem Bildturm von {} Schichten nicht lesen.',
  'An image of {} pixels a side cannot be cut into patches of {}.':
    'Ein Bild von {} Pixeln Kantenlänge lässt sich nicht in Patches von {} schneiden.',
  'The image has no usable pixels ({} x {}, {} bytes); give one of at least 1 x 1.':
    'Das Bild hat keine brauchbaren Pixel ({} x {}, {} Bytes); nehmen Sie eines von mindestens 1 x 1.',
  'The share of a kind of anomaly is a number from 0 on.': 'Der Anteil einer Art von Anomalie ist eine Zahl ab 0.',
  'Training needs anomalies: give at least one kind besides "identity" a share above 0.':
    'Das Training braucht Anomalien: Geben Sie mindestens einer Art außer „identity“ einen Anteil über 0.',
  'The probabilities of the anomaly tasks must sum to 1; these sum to {}.':
    'Die Wahrscheinlichkeiten der Anomalieaufgaben müssen zusammen 1 ergeben; diese ergeben {}.',
  'Anomalies are made in grey images of at least 16 x 16 pixels.':
    'Anomalien entstehen in Graubildern von mindestens 16 x 16 Pixeln.',
  'Cut-paste needs at least one support image to take patches from.':
    'Cut-Paste braucht mindestens ein Referenzbild, aus dem es Stücke nimmt.',

  'A reference set of {} {} is too small to calibrate on. Choose at least 2 normal images; 16 is a good number.':
    'Ein Referenzsatz von {} {} ist zum Kalibrieren zu klein. Wählen Sie mindestens 2 Normalbilder; 16 sind eine gute Zahl.',
  'Training diverged: the loss is no longer a number. Try another provider.':
    'Das Training ist entgleist: Der Verlust ist keine Zahl mehr. Versuchen Sie eine andere Recheneinheit.',
  'This profile was calibrated on the model "{}", not on "{}". Choose its model or calibrate again.':
    'Dieses Profil wurde auf dem Modell „{}“ kalibriert, nicht auf „{}“. Wählen Sie sein Modell oder kalibrieren Sie neu.',
  'This is not a calibration profile of this version, or it is damaged. Calibrate again or copy the file anew.':
    'Das ist kein Kalibrierungsprofil dieser Version, oder es ist beschädigt. Kalibrieren Sie neu oder kopieren Sie die Datei noch einmal.',
  'The calibration profile lacks {}. Calibrate again.': 'Im Kalibrierungsprofil fehlt {}. Kalibrieren Sie neu.',
  'The engine stopped unexpectedly. Nothing stored was lost; start this again.':
    'Der Rechenprozess hielt unerwartet an. Nichts Gespeichertes ging verloren; beginnen Sie noch einmal.',
  'The engine answered for more images than it was given.':
    'Der Rechenprozess antwortete für mehr Bilder, als es bekam.',
  'The engine answered for fewer images than it was given.':
    'Der Rechenprozess antwortete für weniger Bilder, als es bekam.',
  'There is no task named {}.': 'Es gibt keine Aufgabe namens {}.',

  'onnxruntime failed on {}: {}': 'onnxruntime scheiterte auf {}: {}',
  'The provider {} cannot be used here. {}': 'Die Recheneinheit {} ist hier nicht verwendbar. {}',
  'There is no NVIDIA driver on this machine.': 'Auf diesem Rechner gibt es keinen NVIDIA-Treiber.',
  'The CUDA libraries of onnxruntime are not installed: lay {} into {} (docs/providers.md).':
    'Die CUDA-Bibliotheken von onnxruntime sind nicht installiert: Legen Sie {} nach {} (docs/providers.md).',
  'No graphics device was found: none that Vulkan, Direct3D 12 or Metal offers with a driver that works.':
    'Kein Grafikgerät gefunden: keines, das Vulkan, Direct3D 12 oder Metal mit einem funktionierenden Treiber anbietet.',
  "NVIDIA's driver {} is too old for CUDA 12. Install {} or newer.":
    'NVIDIAs Treiber {} ist zu alt für CUDA 12. Installieren Sie {} oder neuer.',
  'Libraries of CUDA 12 or cuDNN 9 are missing: {}. Install them, or name their folder in LD_LIBRARY_PATH (docs/providers.md).':
    'Bibliotheken von CUDA 12 oder cuDNN 9 fehlen: {}. Installieren Sie sie, oder nennen Sie ihren Ordner in LD_LIBRARY_PATH (docs/providers.md).',
  'The libraries in {} must be those of onnxruntime {}, and of no other version (docs/providers.md).':
    'Die Bibliotheken in {} müssen die von onnxruntime {} sein, von keiner anderen Version (docs/providers.md).',
  'Its self-test took longer than {} seconds.': 'Ihr Selbsttest dauerte länger als {} Sekunden.',
  'It took its process down, or hung.': 'Sie brachte ihren Prozess zum Absturz oder blieb hängen.',
  '{} CUDA libraries of another version than that of onnxruntime, {}, do that.':
    '{} Das tun CUDA-Bibliotheken einer anderen Version als der von onnxruntime, {}.',
  'It computes other numbers than the CPU: it is set aside.': 'Sie rechnet anders als die CPU: Sie ist ausgeschlossen.',
  'Slower than the CPU: {}. It was not tested further.': 'Langsamer als die CPU: {}. Weiter wurde sie nicht getestet.',
  'Correct, but slower than the CPU: {}.': 'Richtig, aber langsamer als die CPU: {}.',

  'There is no such calibration.': 'Diese Kalibrierung gibt es nicht.',
  'There is no such reference set.': 'Diesen Referenzsatz gibt es nicht.',
  'This calibration is retired. Choose another one or calibrate again.':
    'Diese Kalibrierung ist außer Dienst. Wählen Sie eine andere oder kalibrieren Sie neu.',
  'This calibration is running already.': 'Diese Kalibrierung läuft schon.',
  'There is no such unfinished calibration. Start it anew.':
    'Diese unfertige Kalibrierung gibt es nicht. Beginnen Sie sie neu.',
  'This calibration does not fit its reference set. Calibrate again.':
    'Diese Kalibrierung passt nicht zu ihrem Referenzsatz. Kalibrieren Sie neu.',
  'Only a calibration can be paused. Cancel this job and start it again.':
    'Nur eine Kalibrierung lässt sich anhalten. Brechen Sie diese Aufgabe ab und beginnen Sie sie noch einmal.',
  'Calibrated in {} steps and {} s; threshold {}.': 'Kalibriert in {} Schritten und {} s; Schwelle {}.',
  'An image is in this set twice. Pick each image once.':
    'Ein Bild ist zweimal in diesem Satz. Wählen Sie jedes Bild einmal.',
  '{} of these images {} confirmed as abnormal. Take the confirmation back, or leave {} out.':
    '{} dieser Bilder {} als auffällig bestätigt. Nehmen Sie die Bestätigung zurück oder lassen Sie {} weg.',
  '{} normal images were asked for, and there are {}. Add some, or ask for fewer.':
    '{} Normalbilder wurden verlangt, und es gibt {}. Fügen Sie welche hinzu oder verlangen Sie weniger.',
  'All of these images are of one patient, so none can be held out: the threshold must rest on other patients. Add normal images of more patients.':
    'Alle diese Bilder sind von einem Patienten, also lässt sich keines zurückhalten: Die Schwelle muss auf anderen Patienten beruhen. Fügen Sie Normalbilder weiterer Patienten hinzu.',
  '{} images to train on would take all {} patients, and none would be left to set the threshold. Train on fewer images, or add normals of more patients.':
    '{} Bilder zum Trainieren nähmen alle {} Patienten, und keiner bliebe für die Schwelle. Trainieren Sie auf weniger Bildern, oder fügen Sie Normalbilder weiterer Patienten hinzu.',
  'A calibration needs at least 2 normal images, and there {}. Add some more.':
    'Eine Kalibrierung braucht mindestens 2 Normalbilder, und da {}. Fügen Sie welche hinzu.',
  'All images to train on {}, so there is nothing to learn from them. Choose normal images that differ.':
    'Alle Bilder zum Trainieren {}, also ist aus ihnen nichts zu lernen. Wählen Sie Normalbilder, die sich unterscheiden.',
  '{} of the {} images {} not {}. Take them out of the set, or widen the scope.':
    '{} der {} Bilder {} nicht {}. Nehmen Sie sie aus dem Satz, oder fassen Sie den Geltungsbereich weiter.',
  'This set mixes images of {}. A calibration is for one modality; make a set for each.':
    'Dieser Satz mischt Bilder von {}. Eine Kalibrierung gilt für eine Modalität; legen Sie für jede einen Satz an.',
  '{} of the {} images are not {}, which this calibration was made for: {}. Its scores would mean little on them.':
    '{} der {} Bilder sind nicht {}, wofür diese Kalibrierung gemacht ist: {}. Ihre Scores würden auf ihnen wenig bedeuten.',
  '{} images are checked.': '{} Bilder sind geprüft.',
  'The null baseline of "{}" is measured.': 'Der Nullvergleich von „{}“ ist gemessen.',
  'The images of this calibration are on the workstation where it was made. Measure there.':
    'Die Bilder dieser Kalibrierung sind auf der Workstation, auf der sie entstand. Messen Sie dort.',
  'A null baseline compares AUROCs, and this calibration was made before there were confirmed cases. Confirm some and calibrate again.':
    'Ein Nullvergleich vergleicht AUROCs, und diese Kalibrierung entstand, bevor es bestätigte Fälle gab. Bestätigen Sie welche und kalibrieren Sie neu.',
  'No other calibration of this kind was active before, so there is none to go back to.':
    'Vorher war keine andere Kalibrierung dieser Art aktiv, also gibt es keine, zu der sich zurückkehren ließe.',
  'Studies were analysed with this calibration, so its threshold stays. Calibrate again to choose another share.':
    'Mit dieser Kalibrierung wurden Studien analysiert, also bleibt ihre Schwelle. Kalibrieren Sie neu, um einen anderen Anteil zu wählen.',
  'This calibration was made by a version of the application that prepares images in another way. Bring the workstations to the same version, or calibrate again.':
    'Diese Kalibrierung stammt von einer Version der Anwendung, die Bilder anders aufbereitet. Bringen Sie die Workstations auf dieselbe Version, oder kalibrieren Sie neu.',
  'The images of an imported calibration are on another workstation, so these two cannot be compared here.':
    'Die Bilder einer importierten Kalibrierung sind auf einer anderen Workstation, also lassen sich diese beiden hier nicht vergleichen.',
  'The normal images of this calibration are not on this workstation.':
    'Die Normalbilder dieser Kalibrierung sind nicht auf dieser Workstation.',
  'This is no calibration that a workstation exported, or it was damaged or changed on the way. Export it again.':
    'Das ist keine exportierte Kalibrierung, oder sie wurde unterwegs beschädigt oder geändert. Exportieren Sie sie noch einmal.',
  'The calibration "{}" is here already.': 'Die Kalibrierung „{}“ ist schon hier.',
  'Nobody here has agreed yet to calibrations that are signed with the key {}. Compare it with the key that the other workstation shows, and agree if they are the same.':
    'Noch niemand hier hat Kalibrierungen zugestimmt, die mit dem Schlüssel {} signiert sind. Vergleichen Sie ihn mit dem Schlüssel, den die andere Workstation zeigt, und stimmen Sie zu, wenn beide gleich sind.',
  'This file is too large to be a calibration. Choose another one.':
    'Diese Datei ist für eine Kalibrierung zu groß. Wählen Sie eine andere.',
  'The profile in this file is not the one that its card describes.':
    'Das Profil in dieser Datei ist nicht das, das ihr Datenblatt beschreibt.',
  'This calibration was made on the model "{}", which is not here. Import the model first.':
    'Diese Kalibrierung entstand auf dem Modell „{}“, das nicht hier ist. Importieren Sie zuerst das Modell.',
  'This workstation does not compute what the other one did: scores of the same pictures differ by {}, and {} is allowed. Test the processors on the Models screen, and calibrate here instead.':
    'Diese Workstation rechnet nicht, was die andere rechnete: Scores derselben Bilder weichen um {} ab, erlaubt ist {}. Testen Sie die Recheneinheiten unter Modelle, und kalibrieren Sie stattdessen hier.',
  '"{}" was written to {}, signed with the key {}.': '„{}“ wurde nach {} geschrieben, signiert mit dem Schlüssel {}.',
  '"{}" passed its self-test here. Activate it to use it.':
    '„{}“ hat hier den Selbsttest bestanden. Aktivieren Sie sie, um sie zu verwenden.',
  '{} images were written to {} without the identity of their patients.':
    '{} Bilder wurden nach {} geschrieben, ohne die Identität ihrer Patienten.',
  'The reference set "{}" is here with its {} images.': 'Der Referenzsatz „{}“ ist hier, mit seinen {} Bildern.',
  'None of the {} images of this set can be de-identified: {}':
    'Keinem der {} Bilder dieses Satzes lässt sich die Identität nehmen: {}',
  'This folder is no exported reference set: its {} is missing or damaged.':
    'Dieser Ordner ist kein exportierter Referenzsatz: {} fehlt oder ist beschädigt.',
  '{} of the {} images of this set are missing or damaged. Copy the folder again.':
    '{} der {} Bilder dieses Satzes fehlen oder sind beschädigt. Kopieren Sie den Ordner noch einmal.',
};
