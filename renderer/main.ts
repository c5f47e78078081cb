import '@fontsource-variable/inter/wght.css';
import './design/tokens.css';
import './design/base.css';
import { mount } from 'svelte';
import Root from './Root.svelte';

const target = document.getElementById('app');
if (!target) throw new Error('The page has no element #app.');
mount(Root, { target });
