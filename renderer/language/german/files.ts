/** Files, images and disks: what cannot be read, written or imported. */
export const germanFiles: Readonly<Record<string, string>> = {
  'Cancelled.': 'Abgebrochen.',
  'The disk is full. Free some space and try again; nothing stored was lost.':
    'Der Datenträger ist voll. Schaffen Sie Platz und versuchen Sie es noch einmal; nichts Gespeichertes ging verloren.',
  'There is no file or folder at {}.': 'Es gibt keine Datei und keinen Ordner unter {}.',
  'This computer does not give access to {}. Ask for the right to it, or choose another place.':
    'Dieser Rechner gibt {} nicht frei. Lassen Sie sich das Recht geben oder wählen Sie einen anderen Ort.',
  '{} is on a disk that can only be read. Choose another place.':
    '{} liegt auf einem schreibgeschützten Datenträger. Wählen Sie einen anderen Ort.',
  '{} is there already. Choose another name, or remove it.':
    '{} gibt es schon. Wählen Sie einen anderen Namen oder entfernen Sie es.',
  'Another program is using {}. Close that program and try again.':
    'Ein anderes Programm benutzt {}. Schließen Sie es und versuchen Sie es noch einmal.',
  'The disk that holds {} cannot be read or written. Check the disk or the connection to it.':
    'Der Datenträger mit {} lässt sich nicht lesen oder schreiben. Prüfen Sie ihn oder die Verbindung.',
  'The connection to the disk that holds {} was lost. Connect it again.':
    'Die Verbindung zum Datenträger mit {} ging verloren. Verbinden Sie ihn wieder.',
  'This file is empty. Export or send it again.': 'Diese Datei ist leer. Exportieren oder senden Sie sie noch einmal.',
  'The compressed pixels of this image are damaged. Export or send it again.':
    'Die komprimierten Pixel dieses Bildes sind beschädigt. Exportieren oder senden Sie es noch einmal.',
  'The pixels of this image cannot be read. Export or send it again.':
    'Die Pixel dieses Bildes lassen sich nicht lesen. Exportieren oder senden Sie es noch einmal.',
  'This DICOM file is cut off inside its pixels. Export or send it again.':
    'Diese DICOM-Datei bricht in ihren Pixeln ab. Exportieren oder senden Sie sie noch einmal.',
  'This DICOM file is damaged or cut off {}. Export or send it again.':
    'Diese DICOM-Datei ist beschädigt oder abgeschnitten ({}). Exportieren oder senden Sie sie noch einmal.',
  'This file holds fewer pixels than it declares. Export or send it again.':
    'Diese Datei enthält weniger Pixel, als sie angibt. Exportieren oder senden Sie sie noch einmal.',
  'This {} image is damaged or cut off. Export or send it again.':
    'Dieses {}-Bild ist beschädigt oder abgeschnitten. Exportieren oder senden Sie es noch einmal.',
  'This is neither a file nor a folder.': 'Das ist weder eine Datei noch ein Ordner.',
  'This is not a DICOM file, whatever its name says. Choose the image itself.':
    'Das ist keine DICOM-Datei, was immer ihr Name sagt. Wählen Sie das Bild selbst.',
  'This zip archive is damaged. Download or copy it again.':
    'Dieses Zip-Archiv ist beschädigt. Laden oder kopieren Sie es noch einmal.',
  'This DICOM file declares an image but holds no pixels.':
    'Diese DICOM-Datei gibt ein Bild an, enthält aber keine Pixel.',
  'This image refers to a colour palette that it does not hold.':
    'Dieses Bild verweist auf eine Farbpalette, die es nicht enthält.',
  'The transfer syntax {} is not supported. Ask for the image uncompressed or as JPEG 2000.':
    'Die Transfersyntax {} wird nicht unterstützt. Bitten Sie um das Bild unkomprimiert oder als JPEG 2000.',
  'There is no image here that can be read.': 'Hier ist kein Bild, das sich lesen lässt.',
  'Reading this file stood still for {} seconds; it was given up.':
    'Das Lesen dieser Datei stand {} Sekunden still und wurde aufgegeben.',
  'Reading this file took longer than {} seconds; it was given up.':
    'Das Lesen dieser Datei dauerte länger als {} Sekunden und wurde aufgegeben.',
  'A stored file has changed on the disk since it was stored. Restore it from a backup.':
    'Eine gespeicherte Datei hat sich seitdem auf dem Datenträger geändert. Stellen Sie sie aus einer Sicherung wieder her.',
  'A stored file is missing or cannot be read. Restore the data folder from a backup.':
    'Eine gespeicherte Datei fehlt oder lässt sich nicht lesen. Stellen Sie den Datenordner aus einer Sicherung wieder her.',
  'A stored file cannot be decrypted: it was changed on the disk. Restore it from a backup.':
    'Eine gespeicherte Datei lässt sich nicht entschlüsseln: Sie wurde auf dem Datenträger geändert. Stellen Sie sie aus einer Sicherung wieder her.',
  'What was written to the data folder reads back differently. Check the disk, then try again.':
    'Was in den Datenordner geschrieben wurde, liest sich anders zurück. Prüfen Sie den Datenträger und versuchen Sie es noch einmal.',
  'This computer does not allow that with {}. Ask for the right to it, or choose another place.':
    'Dieser Rechner erlaubt das mit {} nicht. Lassen Sie sich das Recht geben oder wählen Sie einen anderen Ort.',
  'The link {} leads in a circle. Choose what it was meant to lead to.':
    'Die Verknüpfung {} führt im Kreis. Wählen Sie das, wohin sie führen sollte.',
  'The name {} is longer than this disk allows. Choose a shorter one.':
    'Der Name {} ist länger, als dieser Datenträger erlaubt. Wählen Sie einen kürzeren.',
  '{} leads through a file as if it were a folder.': '{} führt durch eine Datei, als wäre sie ein Ordner.',
  '{} is a folder, and a file is needed.': '{} ist ein Ordner, und eine Datei wird gebraucht.',
  'Too many files are open on this computer. Close other programs and try again.':
    'Auf diesem Rechner sind zu viele Dateien offen. Schließen Sie andere Programme und versuchen Sie es noch einmal.',
  '{} would be larger than its disk allows. Choose another place.':
    '{} würde größer, als der Datenträger erlaubt. Wählen Sie einen anderen Ort.',
  '{} is no file that can be read.': '{} ist keine Datei, die sich lesen lässt.',
  'This kind of BMP is not supported. Save the image as PNG.':
    'Diese Art von BMP wird nicht unterstützt. Speichern Sie das Bild als PNG.',
  'This BMP image is cut off. Export or send it again.':
    'Dieses BMP-Bild ist abgeschnitten. Exportieren oder senden Sie es noch einmal.',
  'The compressed pixels of this image do not start as they must.':
    'Die komprimierten Pixel dieses Bildes beginnen nicht, wie sie müssen.',
  'The header declares {} x {} x {} samples, but the compressed pixels are {}. Export or send the image again.':
    'Der Kopf gibt {} x {} x {} Werte an, die komprimierten Pixel sind aber {}. Exportieren oder senden Sie das Bild noch einmal.',
  'The compressed pixels of this image are damaged or incomplete. Export or send it again.':
    'Die komprimierten Pixel dieses Bildes sind beschädigt oder unvollständig. Exportieren oder senden Sie es noch einmal.',
  'This DICOM file holds no elements. Export or send it again.':
    'Diese DICOM-Datei enthält keine Elemente. Exportieren oder senden Sie sie noch einmal.',
  'This DICOM file ends inside its file meta information. Export or send it again.':
    'Diese DICOM-Datei endet in ihren Metainformationen. Exportieren oder senden Sie sie noch einmal.',
  'This DICOM file does not say how it is encoded, and it cannot be recognised.':
    'Diese DICOM-Datei sagt nicht, wie sie kodiert ist, und es lässt sich nicht erkennen.',
  'The deflated part of this DICOM file is damaged or unreasonably large.':
    'Der komprimierte Teil dieser DICOM-Datei ist beschädigt oder unvernünftig groß.',
  'This file has {} bytes, more than this version reads ({}).':
    'Diese Datei hat {} Bytes, mehr als diese Version liest ({}).',
  'Choose its folder instead.': 'Wählen Sie stattdessen ihren Ordner.',
  'This DICOMDIR is damaged. {}': 'Diese DICOMDIR ist beschädigt. {}',
  'This DICOMDIR lists no files. {}': 'Diese DICOMDIR führt keine Dateien auf. {}',
  'The {} fragments of this image do not match its {} frames. Export or send it again.':
    'Die {} Fragmente dieses Bildes passen nicht zu seinen {} Einzelbildern. Exportieren oder senden Sie es noch einmal.',
  'The fragments of this image are damaged.': 'Die Fragmente dieses Bildes sind beschädigt.',
  'This DICOM file holds no image{}. Choose an image.': 'Diese DICOM-Datei enthält kein Bild{}. Wählen Sie ein Bild.',
  'This is the index of a DICOM folder (DICOMDIR), not an image.':
    'Das ist das Verzeichnis eines DICOM-Ordners (DICOMDIR), kein Bild.',
  'This DICOM file is cut off: {} bytes of its pixels are missing.':
    'Diese DICOM-Datei ist abgeschnitten: {} Bytes ihrer Pixel fehlen.',
  'This DICOM file holds fewer pixels than it declares. Export or send it again.':
    'Diese DICOM-Datei enthält weniger Pixel, als sie angibt. Exportieren oder senden Sie sie noch einmal.',
  'This is a zip archive: import it, and its images are taken out of it.':
    'Das ist ein Zip-Archiv: Importieren Sie es, und seine Bilder werden herausgenommen.',
  'This file is not the image that its name promises: it is neither DICOM, PNG, JPEG, TIFF nor BMP.':
    'Diese Datei ist nicht das Bild, das ihr Name verspricht: weder DICOM noch PNG, JPEG, TIFF oder BMP.',
  'This file is neither DICOM, PNG, JPEG, TIFF nor BMP.': 'Diese Datei ist weder DICOM noch PNG, JPEG, TIFF oder BMP.',
  '{} Choose the image itself.': '{} Wählen Sie das Bild selbst.',
  'This image is {} x {} pixels: there is nothing to show.': 'Dieses Bild hat {} x {} Pixel: Da ist nichts zu zeigen.',
  'This image is {} x {} pixels; more than {} a side is not supported. Export it smaller.':
    'Dieses Bild hat {} x {} Pixel; mehr als {} je Seite werden nicht unterstützt. Exportieren Sie es kleiner.',
  'This image of {} x {} pixels is too large to be opened. Export it smaller.':
    'Dieses Bild von {} x {} Pixeln ist zu groß, um es zu öffnen. Exportieren Sie es kleiner.',
  'This file declares {} frames; more than {} are not supported. Export it in parts.':
    'Diese Datei gibt {} Einzelbilder an; mehr als {} werden nicht unterstützt. Exportieren Sie sie in Teilen.',
  'This is not a DICOM file with File Meta Information, so it cannot be sent.':
    'Das ist keine DICOM-Datei mit Metainformationen; sie kann nicht gesendet werden.',
  'Pixels of the kind {} in a {} image are not supported. Export it with 8 or 16 bits.':
    'Pixel der Art {} in einem {}-Bild werden nicht unterstützt. Exportieren Sie es mit 8 oder 16 Bit.',
  'Page {} of this TIFF differs from the first in its size or colours. Export its pages one by one.':
    'Seite {} dieses TIFF hat eine andere Größe oder andere Farben als die erste. Exportieren Sie die Seiten einzeln.',
  'There is no frame {}: this file has {}.': 'Es gibt kein Einzelbild {}: Diese Datei hat {}.',
  'A {} image with {} channels is not supported.': 'Ein {}-Bild mit {} Kanälen wird nicht unterstützt.',
  'Pixels of {} bits stored in {} are not supported.': 'Pixel von {} Bit, gespeichert in {}, werden nicht unterstützt.',
  'Images of {} samples per pixel are not supported.': 'Bilder mit {} Werten je Pixel werden nicht unterstützt.',
  'The pixels of this file are {}, which its transfer syntax ({}) denies. Export or send it again.':
    'Die Pixel dieser Datei sind {}, was ihrer Transfersyntax ({}) widerspricht. Exportieren oder senden Sie sie noch einmal.',
  'This is no report, segmentation or parametric map.':
    'Das ist kein Befund, keine Segmentierung und keine parametrische Karte.',
  'This file holds no outline, mask or map of an image that could be shown.':
    'Diese Datei enthält keinen Umriss, keine Maske und keine Karte eines Bildes, die sich zeigen ließen.',
  'Only binary, uncompressed segmentations can be shown.':
    'Nur binäre, unkomprimierte Segmentierungen lassen sich zeigen.',
  'The DICOMDIR refers to {}, which is not there.': 'Die DICOMDIR verweist auf {}, und das gibt es dort nicht.',
  'There is no folder to unpack this zip archive into.':
    'Es gibt keinen Ordner, in den dieses Zip-Archiv entpackt werden könnte.',
  'This zip archive holds {}. Unpack it yourself and import the folder.':
    'Dieses Zip-Archiv enthält {}. Entpacken Sie es selbst und importieren Sie den Ordner.',
  'This zip archive lies inside another. Unpack the outer one first.':
    'Dieses Zip-Archiv liegt in einem anderen. Entpacken Sie zuerst das äußere.',
  'This file is encrypted or packed in an unusual way. Unpack the archive yourself.':
    'Diese Datei ist verschlüsselt oder ungewöhnlich gepackt. Entpacken Sie das Archiv selbst.',
  'This file is damaged inside its zip archive.': 'Diese Datei ist in ihrem Zip-Archiv beschädigt.',
  'This is not an image or report of a patient; it is left out.':
    'Das ist weder Bild noch Befund eines Patienten; es wird ausgelassen.',
  'Pixels of 32 bits cannot be written as PNG without changing them. Export this image with 8 or 16 bits.':
    'Pixel von 32 Bit lassen sich nicht als PNG schreiben, ohne sie zu ändern. Exportieren Sie dieses Bild mit 8 oder 16 Bit.',
  'A name may be drawn into a photograph, which no header tells.':
    'In ein Foto kann ein Name gezeichnet sein, was kein Dateikopf sagt.',
  'This file holds a whole document, which cannot be de-identified here.':
    'Diese Datei enthält ein ganzes Dokument, dem sich hier die Identität nicht nehmen lässt.',
  'This image says that text is drawn into its pixels (Burned In Annotation), which is not removed here.':
    'Dieses Bild gibt an, dass Text in seine Pixel gezeichnet ist (Burned In Annotation); der wird hier nicht entfernt.',
  'Images of modality {} often have names drawn into their pixels, and this one does not say that it has none.':
    'Bilder der Modalität {} haben oft Namen in ihren Pixeln, und dieses sagt nicht, dass es keine hat.',
  'The pixels of this image hold a name, number or date of the patient as text.':
    'Die Pixel dieses Bildes enthalten einen Namen, eine Nummer oder ein Datum des Patienten als Text.',
  '{} holds a value that is spelled like a name or number of the patient.':
    '{} enthält einen Wert, der wie ein Name oder eine Nummer des Patienten geschrieben ist.',
  'This file stopped the reader, so it is left out. It is damaged or hostile.':
    'Diese Datei brachte das Lesen zum Absturz und wird ausgelassen. Sie ist beschädigt oder bösartig.',
  'Reading this file takes more memory than any image should, so it is left out. It is damaged or hostile.':
    'Das Lesen dieser Datei braucht mehr Speicher, als ein Bild brauchen sollte; sie wird ausgelassen. Sie ist beschädigt oder bösartig.',
  'Another image with the same SOP Instance UID is stored already; the first one stays.':
    'Ein anderes Bild mit derselben SOP Instance UID ist schon gespeichert; das erste bleibt.',
  'Its study is stored already and belongs to a patient with another ID.':
    'Seine Studie ist schon gespeichert und gehört zu einem Patienten mit einer anderen ID.',
  'It takes back results of images that are not in the store. Nothing of it is shown; what it takes back is remembered.':
    'Es nimmt Ergebnisse zu Bildern zurück, die nicht gespeichert sind. Nichts davon wird gezeigt; die Rücknahme bleibt vermerkt.',
  'The images that this result belongs to are not in the store. Import them first.':
    'Die Bilder, zu denen dieses Ergebnis gehört, sind nicht gespeichert. Importieren Sie sie zuerst.',
  'This result is not in the store. Import it first.':
    'Dieses Ergebnis ist nicht gespeichert. Importieren Sie es zuerst.',
  'This result holds no map of this image.': 'Dieses Ergebnis enthält keine Karte dieses Bildes.',
  'This result holds no region of this image.': 'Dieses Ergebnis enthält keine Region dieses Bildes.',
  '{} at the end.': '{} am Ende.',
  'Every position was taken {} times, as different phases, echoes or times are.':
    'Jede Position wurde {}-mal aufgenommen, wie bei verschiedenen Phasen, Echos oder Zeitpunkten.',
  '{} more than one image: {}.': '{} mehr als ein Bild: {}.',
  'About {} missing between {} and {}: {} apart, elsewhere {}.': 'Etwa {} zwischen {} und {}: {} Abstand, sonst {}.',
  'The slices are not evenly spaced: {} of {} distances differ from the usual {}.':
    'Die Schichten liegen nicht in gleichen Abständen: {} von {} Abständen weichen von den üblichen {} ab.',
  'The images lie in {} different directions ({}); they are shown one after the other.':
    'Die Bilder liegen in {} verschiedenen Richtungen ({}); sie werden nacheinander gezeigt.',
  'The images are of different sizes: {} pixels.': 'Die Bilder sind verschieden groß: {} Pixel.',
  'Instance numbers jump from {} to {}.': 'Die Bildnummern springen von {} auf {}.',
  'A stored file is named by something that is not a SHA-256.':
    'Eine gespeicherte Datei ist mit etwas benannt, das kein SHA-256 ist.',
  'A stored file has changed on the disk since it was stored, so it is not copied.':
    'Eine gespeicherte Datei hat sich seitdem auf dem Datenträger geändert und wird nicht kopiert.',
  '{} stored files are missing.': '{} gespeicherte Dateien fehlen.',
};
