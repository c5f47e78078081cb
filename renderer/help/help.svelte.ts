/** Which of the help's dialogs is open. */
class Help {
  open: boolean = $state(false);
  tour: boolean = $state(false);
}

export const help = new Help();
